/** Says aloud what the skipped test beside this file stands for: a reporter may print no more than its file's name. */
export default function setup(): void {
  console.warn(
    "\n SKIPPED: the database tests on a server Postgres, because NOCTUARY_TEST_DATABASE_URL is not set.\n" +
      " `scripts/server-postgres.sh start` prints a URL for it.\n",
  );
}
