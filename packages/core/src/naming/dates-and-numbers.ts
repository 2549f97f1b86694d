import { fold } from "../text/words.ts";

const names = `
january february march april june july august september october november december
januar februar märz mai juni juli oktober dezember
janvier février mars avril juin juillet août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre noviembre diciembre
janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
monday tuesday wednesday thursday friday saturday sunday weekday weekdays weekend
montag dienstag mittwoch donnerstag freitag samstag sonntag
lundi mardi mercredi jeudi vendredi samedi dimanche
lunes martes miércoles jueves viernes sábado domingo
segunda-feira terça-feira quarta-feira quinta-feira sexta-feira feira
am pm utc gmt
`;

const numerals = `
zero three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands million millions billion dozen
third fourth fifth sixth seventh eighth ninth tenth half halfway quarter
zwei drei vier fünf sechs sieben acht neun zehn hundert tausend
deux trois quatre cinq sept huit neuf dix cent mille
tres cuatro cinco seis siete ocho nueve diez cien ciento
três quatro sete oito nove dez cem mil
`;

/** Words on their own ("sun", "mar", "dec"), dates when written with a capital. */
const abbreviations =
  "Jan Feb Mar Apr May Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun";

const calendar = new Set(`${names} ${numerals}`.split(/\s+/).map(fold));
const abbreviated = new Set(abbreviations.split(" "));

/** Whether a word as written is the name of a month, a day or a number: it dates or counts, it is never a subject. */
export function datesOrCounts(written: string, folded: string): boolean {
  return calendar.has(folded) || abbreviated.has(written);
}
