/**
 * How much a word says about the subject of a note, before anything is known about the notes.
 *
 * An embedder without state cannot count in how many notes a word occurs. This is the little of it that is
 * true of any collection: which words are common in English prose, and in code, whatever it is about. Written
 * by hand from general knowledge, in grades; words of no list weigh 1. Other languages have their function
 * words in the stop list and are otherwise not graded.
 */

/** Common in writing about anything: they hint at a subject at most in company. */
const everyday = `
able accept access account achieve act action actual additional address adjust advantage affect afternoon age agree
aim allow alternative amount answer appear apply approach appropriate area argue arrive aspect assume attempt attention
avoid aware base basic beautiful become begin behavior behaviour believe benefit bottom break brief bring broad build
built bunch busy care carry case catch cause chance chapter choice choose clear close collect combine comment common
compare complete complex concern condition confirm confuse connect consider consist contain content context continue
control convenient convert correct cost couple cover current cut daily date day deal decide decision deep default
define definition degree depend describe description despite detail determine develop difference difficult direct
direction discover discuss distance double doubt drop due early effect effort element eliminate encounter ensure
enter entire entry equal essential event eventually evidence exact exist expand expect experience explain explicit
explore express extra fact fail fall familiar fast favorite feature feel field figure fill final fine fit fix focus
folk follow force forget form format forward friend front fun future gain general goal grab group grow guess guide hand
handle hear help hidden hide hold hope hour idea identify ignore imagine improve individual information initial insert
inside instance intend interest introduce issue item join jump key land language large late lead leave level limit line
link list listen live load local lose love manage manner manual mark match material matter maximum meet mention method
middle mind minimum minute miss mix modern moment month morning move multiple name natural near nearly neat night normal
notice number obvious occur offer office opinion opportunity option order ordinary original outside pair paragraph part
pass pattern pay people perfect perform period person pick piece place plain plan play point popular position post
practice prefer prepare present press prevent problem process produce product project proper provide purpose push question
raise range reach read ready real realize reason receive recommend reduce refer reference relate relative release rely
remain remember remind remove repeat replace report represent require respect rest result return reveal review risk role
rule save scale scenario search section select send sense separate serve service session share sharp short shift side sign
similar single site situation size skip solution solve sort sound source space speak special spend stage stand standard
state stay step stick stop store story straightforward strategy strong structure study style subject submit suggest suit
support suppose surprise surround switch talk task team term test text thing title tool top topic total touch track trick
trouble true trust type understand unique update value variety version view visit visible wait walk wall watch week whole
wide win wish wonder word world write written wrong year
`;

/** What code and the talk about code is made of, whatever it does. */
const codeNoise = `
abc app application arg argument array assign attribute bar baz block body boolean bool char character class cli click code
column command config configuration console const constant copy count counter data debug def demo dir directory display do
document documentation documents dump else elif enable endpoint error exception execute exec export expression ext extension false
file filename flag float foo foobar func function global hash header hello home id import index info init input install
installation instruction int integer interface key label lambda len length let lib library local log loop main manual map
match max message min module my name nil node none note null num number object obj op option output package page param
parameter parse path pattern piece print printf process program project prompt property public query random raise raw record
recipe regex repo repository request response result root row sample save screen script self setting settings shortcut snippet source
src stack stdin stdout str string struct sub syntax system tab table tag target temp template terminal test tip tmp todo
token tool true try tuple txt type undefined unset usage user username val value var variable version void while wrapper world
yield
`;

export const everydayWords: readonly string[] = listed(everyday);
export const codeNoiseWords: readonly string[] = listed(codeNoise);

function listed(words: string): string[] {
  return words.split(/\s+/).filter((word) => word !== "");
}
