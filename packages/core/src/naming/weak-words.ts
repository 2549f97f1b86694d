import { everydayWords } from "../embedding/common-words.ts";
import { fold, stem } from "../text/words.ts";

/** What people do in any note about computers, and what notes and sentences are made of. */
const english = `
add administrator app argument article ask attach automatically back bad based best better big body call change check
class click code collection command concept configure copy create custom data delete demo deploy different directly
display docs document documentation draw easy edit email empty enable end enjoy error face far file find flag
found free full function generate get good happen happy hard head heavy higher hit huge human image immediate include including incredibly
implement important info install instruction interact kind label lack latest learn left length life light
location logic look lower machine main memory message method minor mode nature need note object open operation
outcome output own package page paste path percent personal plus power print progress property propose
prove public pull quote ran random rate rather real record register related relevant reply request respond
response run running safe sample screen script second seek sentence series set shape show slow snippet social
specific specify split start statement straight string syntax system tag target technique tell template terms
thing thought tick til time tiny tip todo turn tutorial typical upgrade upload usage use user usual value
variable vast voice way weird work worked working worry wrap young
`;

/** Pasts that no stem joins to their verb, and what can be said of most things. */
const pastsAndQualities = `
ate became began bent bit blew bought broke brought built came caught chose cut drank drew drove dug fed fell felt flew forgot
fought froze gave grew heard held hid hurt kept knew laid led lent lit lost meant met paid quit rang rode rose sang sank sat
sent shook shot shut slept sold spent spoke stole stood stuck swam swept swore taught threw told tore understood woke wore
went withdrew wrote asking talking telling leaving coming saying
cold cool dark dead dry hot loud old quiet sharp soft thick thin tight warm wet
`;

const units = `
inch inches foot feet yard mile meter metre kilometer kilometre cm mm km gram kilogram kg pound lb ounce oz cup tablespoon
tbsp teaspoon tsp liter litre ml degree second minute hour dollar euro cent usd gb mb kb ms ft mph cfs sq vs
`;

const otherLanguages = `
aufgabe frage gut jahr leute mal mensch neu notiz sache tag woche zeit année chose faire homme idée jour note
semaine temps travail año cosa día gente idea nota semana tiempo trabajo ano dia gente ideia nota semana tempo
trabalho
`;

const eastAsian = `
사람 시간 생각 사용 작성 설정 실행 추가 확인 변경 생성 적용 처리 정의 설명 정리 기존 자동 가능 필요 처음 관련 사이 이름 값 볼 문제 결과 시작 추천 기본 경험 방식 전체 사람들 표현
데이터 파일 코드 명령 명령어 메서드 메소드 클래스 변수 문자열 함수 인자 페이지 객체
目標 まとめ メモ 入門 基礎 実践 実行 処理 利用 使用 設定 追加 指定 管理 確認 変更 作成 取得 定義 情報 方法 表示 対応 実装 更新 削除 開始
終了 必要 可能 問題 理解 概要 時点 値 技術 歴史 教室 例 やすい はじめて 新 正 返 人 時間 今日
データ ファイル コード コマンド メソッド クラス 変数 文字列 関数 引数 ページ サンプル オブジェクト エラー
使用 使い方 问题 方法 时候 进行 实现 需要 可以 时间 内容 设置 运行 学习 笔记 总结 记录 功能 情况
数据 文件 代码 命令 变量 字符串 函数 参数 页面 对象 错误
`;

const weakStems = new Set(
  [
    ...everydayWords,
    ...english.split(/\s+/),
    ...pastsAndQualities.split(/\s+/),
    ...units.split(/\s+/),
    ...otherLanguages.split(/\s+/),
    ...eastAsian.split(/\s+/),
  ].map((word) => stem(fold(word))),
);

/**
 * Whether a stem is too general to be a subject by itself. A subject may need such words ("running shoes", "version
 * control"), but alone they name nothing.
 */
export function isWeakWord(stemmed: string): boolean {
  return weakStems.has(stemmed);
}

/** Whether a word as written is the past of a verb: "added", "installed". Names ("Ned") are not asked about. */
export function isPastForm(written: string): boolean {
  return pastForm.test(written);
}

const pastForm = /^[a-z]{2,}[^e]ed$/;
