alter table noctuary.attachment add constraint attachment_only_one check (only_one);
--> statement-breakpoint
grant select on noctuary.attachment to noctuary_ledger, noctuary_user;
--> statement-breakpoint
-- The text of an app's HTML. Comments, scripts and styles go; a block and a <br> begin a line, a heading a line with #,
-- a list item one with -, a checkbox is [ ] or [x]; every other tag goes; entities are the characters they stand for.
create function noctuary.html_text(body text) returns text language plpgsql immutable parallel safe as $$
declare
  text text := coalesce(body, '');
  entity text;
begin
  text := regexp_replace(text, '<!--.*?-->', '', 'g');
  text := regexp_replace(text, '<(script|style|head|template)\y[^>]*>.*?</\1\s*>', '', 'gi');
  text := regexp_replace(text, '\s+', ' ', 'g');
  text := regexp_replace(text, ' ?<input\y[^>]*\ychecked\y[^>]*> ?', '[x] ', 'gi');
  text := regexp_replace(text, ' ?<input\y[^>]*\ytype=["'']?checkbox[^>]*> ?', '[ ] ', 'gi');
  text := regexp_replace(text, ' ?<li\y[^>]*>\s*(<p\y[^>]*>)?', E'\n- ', 'gi');
  text := regexp_replace(text, ' ?<h[1-6]\y[^>]*>', E'\n\n# ', 'gi');
  text := regexp_replace(text, ' ?<(p|div|section|article|header|footer|main|aside|blockquote|pre|table|figure|hr)\y[^>]*>',
    E'\n\n', 'gi');
  text := regexp_replace(text, ' ?</(h[1-6]|ul|ol|table|pre|blockquote)\s*>', E'\n\n', 'gi');
  text := regexp_replace(text, ' ?(<br\s*/?>|</tr\s*>)', E'\n', 'gi');
  text := regexp_replace(text, '</t[dh]\s*>', ' ', 'gi');
  text := regexp_replace(text, '</?[a-z][^>]*>', '', 'gi');
  if position('&' in text) > 0 then
    for entity in select distinct m[1] from regexp_matches(text, '&#(x[0-9a-f]{1,6}|[0-9]{1,7});', 'gi') m loop
      declare
        code int := case when entity ilike 'x%' then ('x' || lpad(substr(entity, 2), 8, '0'))::bit(32)::int else entity::int end;
      begin
        if code between 1 and 1114111 and code not between 55296 and 57343 then
          text := replace(text, '&#' || entity || ';', chr(code));
        end if;
      end;
    end loop;
    text := replace(replace(replace(replace(replace(replace(text, '&nbsp;', ' '), '&quot;', '"'), '&apos;', ''''),
      '&lt;', '<'), '&gt;', '>'), '&amp;', '&');
  end if;
  text := regexp_replace(text, ' *\n *', E'\n', 'g');
  return btrim(regexp_replace(text, '\n{3,}', E'\n\n', 'g'), E' \n');
end $$;
--> statement-breakpoint
-- The text of an editor's JSON: ProseMirror and Tiptap (`content`), Lexical and Slate (`children`). In document order, the
-- text of each node; a block begins a line, a heading one with #, a list item one with -, a checked or unchecked item has
-- [x] or [ ]; a mention is its label. What is no such JSON stays as it is.
create function noctuary.rich_text(body text) returns text language plpgsql immutable parallel safe as $$
declare
  document jsonb;
begin
  if body is null or ltrim(body) !~ '^[\[{]' then
    return coalesce(body, '');
  end if;
  begin
    document := body::jsonb;
  exception when others then
    return body;
  end;
  if document->'root' is not null then
    document := document->'root';
  end if;
  return (
    with recursive node(it, path, kind, within) as (
      select document, array[]::bigint[], coalesce(document->>'type', 'doc'), ''
      union all
      select c.child, n.path || c.place, coalesce(c.child->>'type', ''), n.kind
      from node n cross join lateral jsonb_array_elements(case
        when jsonb_typeof(n.it) = 'array' then n.it
        when jsonb_typeof(n.it->'content') = 'array' then n.it->'content'
        when jsonb_typeof(n.it->'children') = 'array' then n.it->'children' end) with ordinality as c(child, place)),
    piece as (
      select path, case
        when jsonb_typeof(it->'text') = 'string' then it->>'text'
        when kind in ('hardBreak', 'hard_break', 'linebreak') then E'\n'
        when kind = 'mention' then coalesce('@' || (it->'attrs'->>'label'), '')
        when kind in ('link', 'autolink', 'a', 'doc', 'root', '') then ''
        when kind ilike 'heading%' or kind ~ '^h[1-6]$' then E'\n\n# '
        when kind in ('listItem', 'list_item', 'listitem', 'taskItem', 'task_item', 'li') then E'\n- ' ||
          case coalesce(it->'attrs'->>'checked', it->>'checked') when 'true' then '[x] ' when 'false' then '[ ] ' else '' end
        when within in ('listItem', 'list_item', 'listitem', 'taskItem', 'task_item', 'li')
          and kind not in ('bulletList', 'orderedList', 'taskList', 'list', 'ul', 'ol') and path[cardinality(path)] = 1 then ''
        else E'\n\n' end as words
      from node)
    select btrim(regexp_replace(coalesce(string_agg(words, '' order by path), ''), '\n{2,}(?=\n\n|\n- )', '', 'g'), E' \n')
    from piece);
end $$;
--> statement-breakpoint
-- Tags that an app keeps as JSON: the strings of an array. Anything else has none.
create function noctuary.json_tags(tags jsonb) returns text[] language sql immutable parallel safe as $$
  select array(select jsonb_array_elements_text(case when jsonb_typeof(tags) = 'array' then tags else '[]' end))
$$;
--> statement-breakpoint
grant execute on function noctuary.html_text(text), noctuary.rich_text(text), noctuary.json_tags(jsonb) to noctuary_user;
