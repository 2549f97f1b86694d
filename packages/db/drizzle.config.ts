import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "postgresql",
  schema: "./packages/db/src/**/*.sql.ts",
  out: "./packages/db/migrations",
});
