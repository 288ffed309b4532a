-- Grades mode G1: one grade per mark, so the pair (assessment, student) repeats. For load tests;
-- the real target has the UNIQUE (mode G2).
ALTER TABLE grades DROP CONSTRAINT IF EXISTS grades_assessment_student_key;
