import { englishStopWords, stopWordList } from "../../text/stop-words.ts";
import { fold, stem, words } from "../../text/words.ts";

const listOf = (text: string) => text.split(/\s+/).filter((word) => word !== "");

/**
 * The narrator's own words: what one needs to tell of notes, whatever they are about. All other words of substance must
 * stand in the notes or facts that a sentence cites. Compared by stem. Verbs for what may have happened to a note (lost,
 * moved, rewritten, worked on) are none of them, for no fact tells.
 */
const narrators = listOf(`
  week weekly note notebook notes page pages write wrote written writing word day days theme themed topic subject thread
  strand line entry question to-do todo task item box list figure total count title paragraph section collection
  month year time times weeks months years percent share part portion rest remainder space place places piece pieces
  account record draft sketch log journal diary vault folder
  turn turned turning come came coming go went going gone look looked looking  make made making
  take took taken taking keep kept keeping hold held give gave given bring brought put set run ran running sit sat sits
  stand stood lie lay lies carry carried reach reached spread spent spend spending fill filled filling cover covered
  covering touch touched add added adding collect collected gather gathered gathering explore explored exploring
  continue continued continuing develop developed developing deepen deepened extend extended extending follow followed
  following circle circled circling focus focused focusing concern concerned center deal dealt dealing describe described
  describing mention mentioned mentioning speak spoke speaking talk talked tell told telling note noted noting jot jotted
  capture captured capturing include included including contain contained containing show showed shown showing stay
  stayed staying leave left leaving end ended ending close pause paused rest rested 
  pull pulled push pushed draw drew drawn land landed settle stick stuck stretch stretched span spanned spanning range
  ranged ranging stem stemmed point pointed pointing attract attracted absorb absorbed occupy occupied account accounted
  accounting belong belonged belonging sum summed amount amounted number numbered compare compared comparing match
  matched share shared sharing overlap overlapped tie pair paired couple go round weave wove woven thread run through
  arrive start begin open re-open visit visited visiting resume pick gain find found finding found notice see
  seen count counted counting receive received get got mark marked marking name named call called title titled
  short brief small little large big wide narrow deep full empty new old older oldest early earlier late later recent
  recently latest newest first last next past present current former whole main other another different several many few
  quick slow steady quiet busy light heavy rich dense even similar distinct separate single double fresh
  alone together apart aside ahead behind along across around through within between among amid beside near nearby
  toward throughout far close side front back top bottom center middle edge beginning
  roughly nearly almost exactly around approximately altogether overall mainly partly chiefly largely briefly
  here there home tune tempo rhythm pace stride stretch run streak spell burst flurry handful batch crop set trio duo
  quartet group cluster attention presence weight momentum ground foreground background spotlight limelight
  thing things way ways matter matters kind kinds sort detail details idea ideas example examples topic half
  previous following usual typical median normal ordinary regular compared against versus ago before after since
  stood apart out stands sits reads read reading asks ask asked waits wait waited unanswered unfinished
`);

const narratorStems = new Set([...narrators, ...englishStopWords].flatMap((word) => words(word)).map(stem));

const functionWords = new Set(englishStopWords.flatMap((word) => words(word)));

/** "the", "of", "in": words that say nothing by themselves. */
export function isFunctionWord(word: string): boolean {
  return functionWords.has(word);
}

/** Whether a folded word needs no note to stand in. */
export function isNarratorsWord(word: string): boolean {
  return narratorStems.has(stem(word));
}

/**
 * Words that no fact can bear out, and that turn a true sentence into another one: negations, words that mean all or
 * only, causes, motives and feelings, obligations, people without a name, the narrator itself, times of day.
 */
const forbidden = new Set(
  listOf(`
  not never dont didnt doesnt isnt wasnt arent werent havent hasnt hadnt wont cant couldnt wouldnt neither nor without cannot nobody nowhere hardly barely scarcely rarely seldom except unlike lack lacks
  lacked lacking absent missing failed fail fails false untrue fake wrong
  ever all every each everything everyone everybody always entire entirely completely totally only solely exclusively anyone
  anything anybody any throughout everywhere wholly fully forever constantly
  because since therefore thus hence cause caused causes causing reason reasons why due explains explain motivated
  motive motives motivation inspired inspires triggered driven thanks owing consequently
  feel feels felt feeling feelings mood emotion emotions emotional emotionally happy happiness sad sadness anxious
  anxiety nervous worried worry worries worrying angry anger frustrated frustration excited excitement proud pride tired
  exhausted stressed stress lonely afraid fear fears fearful hope hopes hoped hoping hopeful love loved loves loving enjoy
  enjoyed enjoys enjoying hate hated hates like liked likes want wants wanted wanting wish wishes wished prefer prefers
  preferred dream dreams dreamt think thinks thought thinking believe believes believed believing know knows knew
  intend intends intended intention intentions plan plans planned decide decides decided decision realise realised
  realize realized understand understood learn learned learnt remember remembered forget forgot struggle struggled
  struggling passion passionate curious curiosity obsessed obsession determined eager reluctant grateful gratitude
  satisfied satisfaction disappointed regret regrets regretted guilty guilt ashamed calm relaxed overwhelmed bored
  should must shall will would could might may can need needs needed ought supposed try tried tries trying better
  please sorry unfortunately hopefully surely certainly clearly obviously probably perhaps maybe possibly apparently
  seems seem seemed appears likely unlikely
  i me my mine myself we us our ours ourselves he him his himself she her hers herself someone somebody friend friends
  family wife husband partner mother father brother sister son daughter boss colleague colleagues people person man woman
  boy girl child children
  today yesterday tomorrow tonight morning evening night afternoon noon midnight weekend weekends hour hours minute minutes
  fortnight decade decades century daily nightly monthly yearly annually mondays tuesdays wednesdays thursdays fridays
  saturdays sundays hourly
  shortest oldest smallest newest latest earliest fastest slowest highest lowest best worst least easiest hardest
  favourite favorite rarest commonest finest greatest record
  instructions instruction prompt system assistant user model language ai ignore
  `),
);

export function isForbidden(word: string): boolean {
  return forbidden.has(word) || word.endsWith("n't");
}

const english = new Set(englishStopWords.map((word) => fold(word).replace(/['’]/, "")));
/** Function words of other languages that are no English ones and that the narrator does not use. */
const foreign = new Set(
  stopWordList
    .map((word) => fold(word).replace(/['’]/, ""))
    .filter((word) => word.length > 1 && !english.has(word) && !narratorStems.has(stem(word))),
);

export function isForeign(word: string): boolean {
  return foreign.has(word);
}

/** Words that begin a sentence and are first names as well: at the beginning nobody can tell which. */
const alsoNames = new Set(
  listOf(
    "will may mark grace frank drew bill rose grant hope joy art dean jack rob sue pat chase miles faith dawn june april august may page read reed",
  ),
);

export function isAlsoName(word: string): boolean {
  return alsoNames.has(word);
}
