-- normalize() takes a tenth of a millisecond for a note of a page, most of a night's work in the database, and leaves
-- nearly every note as it is. Texts of characters alone that stand for themselves and join with no other of them (letters
-- of western alphabets, punctuation, arrows, symbols, kana, CJK, Hangul, emoji) pass by it. The hash of a text stays what
-- it was.
create function noctuary.composed(body text) returns text language plpgsql immutable parallel safe as $$
begin
  if octet_length(body) = length(body) or body !~
    '[^\u0001-\u02ff\u200b-\u200f\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2328\u232b-\u2adb\u3001-\u3029\u3030-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\ufe0f\U0001f000-\U0001faff]'
  then
    return body;
  end if;
  return normalize(body);
end $$;
--> statement-breakpoint
create or replace function noctuary.content_hash(title text, body text) returns text language sql immutable parallel safe
return encode(sha256(convert_to(noctuary.composed(
  btrim(replace(title, E'\r\n', E'\n'), E' \t\n') || E'\n\n' || btrim(replace(body, E'\r\n', E'\n'), E' \t\n')
), 'UTF8')), 'hex');
