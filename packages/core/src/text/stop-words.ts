/**
 * The commonest function words of seven languages, in their written form.
 *
 * Our own lists, and short: a word belongs here only if no language of the five uses it for a subject that people
 * write notes about ("die", "war" and "on" are taken for German and French; "fin", "sol" and "mano" are not).
 */
const english = `
a about above actually after again against all almost along already also although always am among an and another any
anybody anyone anything anyway are aren't around as at away back be became because become been before behind being
below between both but by came can can't cannot come comes could couldn't did didn't do does doesn't doing don't done
down during each either else enough etc even ever every everyone everything few for from further get gets getting
give given gives go goes going gone got had hadn't has hasn't have haven't having he he'd he'll he's her here here's
hers herself him himself his how however i i'd i'll i'm i've if in instead into is isn't it it'd it'll it's its itself
just kind know last least less let let's like likely little lot lots made make makes making many may maybe me
might mine more most much must my myself need needed needs neither never next no nobody none nor not nothing now of
off often oh ok okay on once one ones only onto or other others otherwise our ours ourselves out over own per perhaps
please pretty probably put quite rather really right said same saw say says see seem seemed seems seen several shall
she she'd she'll she's should shouldn't since so some somebody someone something sometimes somewhere soon still such
sure take taken takes taking tell than thank thanks that that's the their theirs them themselves then there there's
therefore these they they'd they'll they're they've thing things think this those though thought three through thus
till to together too took toward towards tried tries try trying two under unless until up upon us use used useful
user uses using usually various very via want wanted wants was wasn't way ways we we'd we'll we're we've well went
were weren't what what's whatever when whenever where wherever whether which while who who's whoever whole whom whose
why will with within without won't would wouldn't yes yet you you'd you'll you're you've your yours yourself
yourselves able across ago apart aside basically bit certain certainly currently easily e.g especially exactly example examples
finally first generally great happen happened happens hence hi hey i.e indeed interesting mainly mean means meanwhile mostly mr mrs ms dr
 new nice particular particularly possible possibly previous previously quickly recently regarding second self
simply slightly suddenly thats today tomorrow tonight unlike unlikely yeah yesterday
`;

const german = `
aber alle allem allen aller alles als also am an ander andere anderen anderer anderes auch auf aus bei beim bin bis
bist da dabei dadurch dafür dagegen daher dahin damit danach dann daran darauf darf darin darum das dass davon dazu
dein deine dem den denen denn der deren des deshalb dessen die dies diese diesem diesen dieser dieses doch dort du
durch ein eine einem einen einer eines einfach einige einmal er erst es etwas euch euer für ganz gar gegen gehabt
gerade gern gibt ging habe haben hat hatte hatten heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
im immer in indem ins ist ja jede jedem jeden jeder jedes jedoch jetzt kann kein keine keinem keinen keiner können
könnte mache machen mal man manche mehr mein meine meinem meinen meiner mich mir mit morgen muss müssen musste nach
nachdem nein nicht nichts noch nun nur ob oder ohne schon sehr sein seine seinem seinen seiner seit selbst sich sie
sind so sogar solche soll sollen sollte sondern sonst über um und uns unser unsere unter viel viele vom von vor
wann war waren warum was weil weiter welche welchem welchen welcher welches wenn wer werde werden wie wieder will wir
wird wirklich wo wollen wurde wurden während würde würden zu zum zur zwar zwischen
steht stehen stehe liegt liegen lässt lassen nehme nimmt nehmen brauche braucht brauchte weniger besser endlich zwei
`;

const french = `
afin ai aie ainsi alors après as assez au aucun aussi autre autres aux avait avant avec avez avoir avons beaucoup bien
car ce cela celle celles celui ces cet cette ceux chaque chez comme comment dans de depuis des donc dont du elle elles
en encore entre es est et étaient était étant être eu eux fait faire fois font ici il ils je jusque l'on la là le les
leur leurs lors lui ma mais même mêmes mes moi moins mon ne ni nos notre nous on ont ou où par parce parfois pas
pendant peu peut plus plusieurs pour pourquoi puis quand que quel quelle quelles quelque quelques quels qui quoi rien
sa sans se sera ses si soi sont sous souvent suis sur ta te tes toi ton toujours tous tout toute toutes très trop tu un
une va vais vers voici voilà vos votre vous aujourd'hui hier demain c'est j'ai n'est qu'il d'un d'une
faut premier première premières premiers
`;

const spanish = `
a al algo alguien algún alguna algunas algunos allí ante antes aquel aquella aquí así aunque bajo bien cada casi como
con contra cosa cosas cual cuál cuando cuándo de del desde después donde dónde dos durante el él ella ellas ellos en
entonces entre era eran eres es esa esas ese eso esos está están estaba estar estas este esto estos estoy fue fueron
ha había hace hacer hacia han hasta hay he hoy incluso la las le les lo los luego mañana más me mi mientras mis mucha
muchas mucho muchos muy nada ni ningún ninguna no nos nosotros nuestra nuestro nunca o os otra otras otro otros para
pero poco por porque porqué pues que qué quien quién se sea según ser si sí sido siempre sin sobre solo sólo somos son
soy su sus también tan tanto te tiempo tiene tienen tengo toda todas todavía todo todos tu tus un una unas uno unos
vez voy y ya yo ayer puse puso pongo pone salió quedó queda hizo hice demasiado primera menos
`;

const portuguese = `
à agora ainda além algum alguma algumas alguns ali ante antes ao aos apenas aquela aquele aqueles aquilo as às até bem
cada coisa coisas com como da das de dela dele deles depois desde dessa desse desta deste disso do dos e é ela elas ele
eles em então entre era essa essas esse esses esta está estão estava este estes estou eu faz fazer foi foram gente há
hoje isso isto já lá lhe mais mas me mesma mesmo meu meus minha minhas muita muitas muito muitos na nada não nas nela
nele nem nenhum nenhuma nessa nesse nesta neste no nos nós nossa nosso num numa nunca o onde ontem os ou outra outras
outro outros para pela pelas pelo pelos pode por porque pouco pra qual quando que quem são se seja sem sempre ser seu
seus sim só sobre somente sou sua suas também tão te tem têm tenho ter teu tive tinha toda todas todo todos tudo um uma
umas uns vai vez você vocês vou amanhã
`;

const wordsOf = (list: string) => list.split(/\s+/).filter((word) => word !== "");

export const englishStopWords: readonly string[] = wordsOf(english);

/** As the dictionary of `words` splits them off. Single hiragana need no list: none is a word of content. */
const japanese = `
ある あり あっ いる いた いて いい いく いっ うち おり から かも かった こと これ この ここ くる けど けれど ください さん しか した して
しない しまう しまっ しまった しよ する すぐ すべて せる そう そこ その それ そして たい たく たら ため だけ だっ だった てる
です でき できる でした でも という とき ところ とても どう どこ ない なかっ なかった なく など なっ なった なり なる なら ので のに
のは のが はず ほう ほど ほとんど ます まし ました ません まだ まで また もう もの やっと やる よう よく より よる られ られる れる
った って っぽい かもしれない しれない について によって において として としても たり ながら ばかり くらい ぐらい あまり いつも もっと
ちょっと 今日 昨日 明日 今 何 私 僕 良い 少し 全部 全て 時 中 後 前 方 的 年 月 日
`;

const chinese = `
的 了 在 是 我 你 他 她 它 们 我们 你们 他们 自己 有 没有 没 和 与 及 或 而 但 但是 因为 所以 如果 就 都 也 还 还是 还有 又 再 才 只 最 更
很 太 真 非常 不 不是 不会 不能 要 会 能 可以 可能 应该 需要 想 去 来 到 从 向 对 把 被 让 给 跟 比 得 地 着 过 吗 呢 吧 啊 里 里面
上 上面 下 下面 中 后 前 之后 以后 时 时候 个 一 一个 一些 一点 一下 一种 有点 第一 第一个 第二 这 那 这个 那个 这些 那些 这样 那样 这里
那里 什么 怎么 为什么 哪 谁 多 少 多少 几 次 种 做 做好 用 放 说 看 好 今天 昨天 明天 现在 已经 然后 起来 出来 全部 买 变得 今 人 年 月 日
`;

export type Language = "en" | "de" | "fr" | "es" | "pt" | "ja" | "zh" | "ko";

/** Korean's are not among them: the embedder's vectors of Korean notes were made with those words. */
export const stopWordsOf: Readonly<Record<Exclude<Language, "ko">, readonly string[]>> = {
  en: wordsOf(english),
  de: wordsOf(german),
  fr: wordsOf(french),
  es: wordsOf(spanish),
  pt: wordsOf(portuguese),
  ja: wordsOf(japanese),
  zh: wordsOf(chinese),
};

export const stopWordList: readonly string[] = Object.values(stopWordsOf).flat();
