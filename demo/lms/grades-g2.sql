-- Grades mode G2, the schema's default: back to one grade per (assessment, student). Fails while
-- the table still holds grades of mode G1.
ALTER TABLE grades ADD CONSTRAINT grades_assessment_student_key UNIQUE (assessment_id, student_id);
