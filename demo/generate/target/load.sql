-- Loads what extract.sql wrote into lms, from the current directory. The columns are those of the
-- views out_* there, in their order.

\copy organization_units (id, parent_id, type, code, name, is_active, created_at, updated_at) FROM 'organization_units.copy'
\copy users (id, username, email, password_hash, is_active, last_login_at, password_changed_at, created_at, updated_at, metadata) FROM 'users.copy'
\copy persons (id, user_id, first_name, last_name, middle_name, date_of_birth, gender, national_id, created_at, updated_at) FROM 'persons.copy'
\copy students (id, user_id, student_number, enrollment_date, status, study_mode, funding_type, gpa, metadata, created_at, updated_at) FROM 'students.copy'
\copy staff_members (id, user_id, employee_number, position_title, employment_type, hire_date, is_active, created_at, updated_at) FROM 'staff_members.copy'
