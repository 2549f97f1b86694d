DROP INDEX "noctuary"."task_one_cluster";--> statement-breakpoint
ALTER TABLE "noctuary"."task" ADD COLUMN "waits_for" text;--> statement-breakpoint
CREATE INDEX "run_of_night" ON "noctuary"."run" USING btree ("job","local_date");--> statement-breakpoint
CREATE UNIQUE INDEX "task_one_a_user" ON "noctuary"."task" USING btree ("run_id","user_id","step") WHERE step not in ('plan', 'embed');--> statement-breakpoint
CREATE INDEX "task_waiting" ON "noctuary"."task" USING btree ("user_id","waits_for") WHERE waits_for is not null;