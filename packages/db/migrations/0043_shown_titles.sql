-- The first words of a text: of its first line that holds any, without Markdown's marks, sixty characters at the most.
-- What is neither space nor punctuation counts as a word in whatever locale the database has.
create function noctuary.first_words(body text) returns text language plpgsql immutable parallel safe as $$
declare
  line text := coalesce(
    substring(left(body, 2000) from '(?n)^(?!\s*(?:```|~~~|%%|<!--)).*[^[:space:][:punct:]].*$'), '');
begin
  line := regexp_replace(line, '^\s*(?:(?:#{1,6}|>|[-*+]|[0-9]+[.)])\s+)*(?:\[[ xX]\]\s+)?', '');
  line := regexp_replace(line, '!?\[\[(?:[^]|]*\|)?([^]|]*)\]\]', '\1', 'g');
  line := regexp_replace(line, '!?\[([^]]*)\]\([^)]*\)', '\1', 'g');
  line := regexp_replace(line, '\*\*|__|~~|`|(?<!\S)\*(?=\S)|(?<=\S)\*(?!\S)', '', 'g');
  line := btrim(regexp_replace(line, '\s+', ' ', 'g'));
  if length(line) <= 60 then
    return line;
  end if;
  return coalesce(substring(left(line, 60) from '^(.{30,})\s\S*$'), left(line, 59)) || '…';
end $$;
--> statement-breakpoint
-- What a note is called where it is shown: its title, or its first words where it has none.
create function noctuary.shown_title(title text, body text) returns text language sql immutable parallel safe
  return case when btrim(title, E' \t\n\r') <> '' then title else noctuary.first_words(body) end;
--> statement-breakpoint
grant execute on function noctuary.first_words(text), noctuary.shown_title(text, text) to noctuary_user;
