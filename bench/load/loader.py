#!/usr/bin/python3
"""The peer: a one-shot load of edu into an empty lms, written by hand.

What a careful engineer would write in a few days with psycopg2, by the rules of docs/edu-lms.md: rows are read
with server-side cursors, looked up in dictionaries, given ids by uuid5 and inserted with execute_values, 10,000
at a time, into tables with all their indexes and constraints on. It keeps no state, follows no stream, answers
for no row that it leaves out, and a second run fails at the first key. Passwords are not hashed ('!' stands
there), as crossfade leaves them until its deferred pass.

  loader.py --source CONNINFO --target CONNINFO [--mode g2|g1]

The last line on standard output is an object with seconds, rows, phases and the peak of the resident memory.
"""
import argparse
import datetime
import itertools
import json
import re
import resource
import time
import uuid
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import psycopg2
import psycopg2.extras

PAGE = 10000
NAMESPACE = uuid.UUID("549b22fb-a5c3-5d16-94b0-27e90695449f")
BAKU = ZoneInfo("Asia/Baku")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
LONG_AGO = datetime.datetime(1, 1, 2, tzinfo=datetime.timezone.utc)
BLANKS = " \t\n\v\f\r\u00a0"
CENT = Decimal("0.01")
LANGUAGES = {110000065: "az", 110000066: "en", 110000067: "ru", 1: "az", 2: "en", 3: "ru"}
UNIT_TYPES = {"Universitet": "university", "Fakültə": "faculty", "Fakulte": "faculty",
              "Kafedra": "department", "Mərkəz": "center", "İxtisas": "program"}
UNIT_LEVELS = {1: "university", 2: "faculty", 3: "department"}
TEACHER = ("Müəllim", "Teacher", "Преподаватель")


# ---------------------------------------------------------------- values

def txt(value):
    if value is None:
        return None
    return value.strip(BLANKS) or None


def text(value):
    return None if value is None else str(value)


def first_of(*values):
    for value in values:
        if value is not None:
            return value
    return None


def date(value):
    value = txt(value)
    if value is None:
        return None
    found = re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", value)
    if found:
        day, month, year = map(int, found.groups())
    else:
        found = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", value)
        if not found:
            return None
        year, month, day = map(int, found.groups())
    if not 1900 <= year <= 2100:
        return None
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def num(value):
    value = txt(value)
    if value is None or not re.fullmatch(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)", value):
        return None
    return Decimal(value.replace(",", "."))


def whole(value):
    number = num(value)
    return int(number) if number is not None and number == number.to_integral_value() else None


def cents(number):
    return None if number is None else number.quantize(CENT, rounding=ROUND_HALF_UP)


def id_date(number):
    digits = str(number)
    if len(digits) not in (18, 19):
        return None
    year = 2000 + int(digits[:2])
    if not 2015 <= year <= 2035:
        return None
    try:
        return datetime.date(year, int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return None


def created(number, create_date):
    if create_date is not None:
        return create_date
    day = id_date(number)
    if day is None:
        return EPOCH
    return datetime.datetime(day.year, day.month, day.day, tzinfo=BAKU)


def started(number, create_date):
    if create_date is not None:
        return create_date.astimezone(BAKU).date()
    return id_date(number) or datetime.date(1900, 1, 1)


def languages(az, en, ru, fallback):
    if not isinstance(fallback, tuple):
        fallback = (fallback, fallback, fallback)
    az, en, ru = txt(az), txt(en), txt(ru)
    return as_json({"az": first_of(az, en, ru, fallback[0]), "en": first_of(en, az, ru, fallback[1]),
                    "ru": first_of(ru, az, en, fallback[2])})


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def uid(name):
    return str(uuid.uuid5(NAMESPACE, name))


def year_of(name):
    name = txt(name)
    if name is None or not re.fullmatch(r"[0-9]{4}[/-][0-9]{4}", name):
        return None
    return name.replace("/", "-")


def mark_of(code):
    """A mark on the scale of ten, or None for a code of attendance."""
    code = txt(code)
    if code is None or not re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", code):
        return None
    number = num(code)
    return number / 10 if number > 10 else number


def is_email(value):
    return value.isascii() and re.fullmatch(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+", value) is not None


# ---------------------------------------------------------------- the load

class Loader:
    def __init__(self, source, target, mode):
        self.mode = mode
        self.source = psycopg2.connect(source)
        self.source.set_session(isolation_level="REPEATABLE READ", readonly=True)
        self.target = psycopg2.connect(target)
        with self.source.cursor() as cursor:
            cursor.execute("SET timezone TO 'UTC'")
        with self.target.cursor() as cursor:
            cursor.execute("SET timezone TO 'UTC'")
            # As the bridge's role has it: what it writes makes no rows in the audit.
            cursor.execute("SET app.audit TO 'off'")
        self.target.commit()
        self.cursors = 0
        self.rows = 0

    def read(self, query):
        self.cursors += 1
        with self.source.cursor(f"bench_{self.cursors}") as cursor:
            cursor.itersize = PAGE
            cursor.execute(query)
            yield from cursor

    def write(self, table, columns, rows):
        """Inserts by 10,000; each batch is committed, as such scripts do to keep transactions short."""
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES %s"
        rows = iter(rows)
        with self.target.cursor() as cursor:
            while True:
                batch = list(itertools.islice(rows, PAGE))
                if not batch:
                    return
                psycopg2.extras.execute_values(cursor, statement, batch, page_size=PAGE)
                self.target.commit()
                self.rows += len(batch)

    def look_ups(self):
        self.dictionary = {row[0]: row[1:] for row in self.read(
            "SELECT id, name_az, name_en, name_ru, code FROM dictionaries")}
        self.subjects = {row[0]: row[1:] for row in self.read(
            "SELECT id, name_az, name_en, name_ru FROM subject_dic")}
        self.evaluation = dict(self.read("SELECT id, name FROM evaluation_type"))
        self.year_names = {key: year_of(name) for key, name in self.read("SELECT id, name FROM edu_years")}
        self.org_names = {}
        for key, az, en, ru, active in self.read(
                "SELECT id, name_az, name_en, name_ru, active FROM org_names"):
            rank = (active != 1, az is None, az or "")
            if key not in self.org_names or rank < self.org_names[key][0]:
                self.org_names[key] = (rank, (az, en, ru))
        self.marks = {key: mark_of(row[3]) for key, row in self.dictionary.items()}

    def name_of(self, key):
        row = self.dictionary.get(key)
        return row and first_of(txt(row[0]), txt(row[1]), txt(row[2]))

    def units(self):
        units = {row[0]: row for row in self.read(
            "SELECT id, parent_id, dictionary_name_id, type_id, nod_level, active, create_date FROM organizations")}

        def chain(key):
            """Keys from a unit up to its root; the second value says whether the unit is on a cycle."""
            seen, up = [], key
            while up in units and up not in seen:
                seen.append(up)
                up = units[up][1]
            return seen, up == key

        rows = []
        for key, parent, named, kind, level, active, create_date in units.values():
            above, cyclic = chain(key)
            if parent not in units or cyclic:
                parent = None
            names = self.org_names[named][1] if named in self.org_names else self.dictionary.get(named, (None,) * 3)
            by_level = "program" if level is not None and level >= 4 else UNIT_LEVELS.get(level, "department")
            rows.append((0 if parent is None else len(above), (
                uid(f"organizations/{key}"), parent and uid(f"organizations/{parent}"),
                UNIT_TYPES.get(self.name_of(kind), by_level), f"ORG{key}",
                languages(*names[:3], f"Organization {key}"), active == 1, created(key, create_date))))
        self.unit_ids = set(units)
        self.write("organization_units", ("id", "parent_id", "type", "code", "name", "is_active", "created_at"),
                   (row for _, row in sorted(rows, key=lambda item: item[0])))

    def users(self):
        accounts = {row[0]: row for row in self.read(
            """SELECT id, username, email, active, create_date, update_date, default_user_id, person_id
               FROM accounts ORDER BY id""")}
        groups = {("accounts", key): [] for key in accounts}
        self.login = {}                 # users.id -> the name of the target user
        for row in self.read("""SELECT id, account_id, active, is_blocked, last_action_date, create_date,
                                       update_date, user_type FROM users ORDER BY id"""):
            group = ("accounts", row[1]) if row[1] in accounts else ("users", row[0])
            groups.setdefault(group, []).append(row)
            self.login[row[0]] = "/".join(map(str, group))
        names, addresses, rows = set(), set(), []
        own_name = re.compile(r"(?:acc|user)_[0-9]+")
        own_address = re.compile(r"(?:acc|user)_[0-9]+@temp\.bbu\.edu\.az")
        for (kind, key), members in groups.items():
            account = accounts.get(key) if kind == "accounts" else None
            own = f"{'acc' if account else 'user'}_{key}"
            username = account and txt(account[1])
            if username is None or len(username) < 3 or username in names or own_name.fullmatch(username):
                username = own
            else:
                names.add(username)
            address = account and txt(account[2])
            address = address and (address.lower() if address.isascii() else address)
            if address is None or not is_email(address) or address in addresses or own_address.fullmatch(address):
                address = f"{own}@temp.bbu.edu.az"
            else:
                addresses.add(address)
            ids = [member[0] for member in members]
            representative = next(itertools.chain(
                (i for i in ids if account and i == account[6]), (m[0] for m in members if m[2] == 1), ids), None)
            usable = bool(account and account[3] == 1 and any(m[2] == 1 and m[3] in (0, None) for m in members))
            made = created(key, account[4] if account else members[0][5])
            changed = [first_of(m[6], created(m[0], m[5])) for m in members]
            if account:
                changed.append(first_of(account[5], made))
            rows.append((
                uid(f"{kind}/{key}"), username, address, "!", usable,
                max((m[4] for m in members if m[4] is not None), default=None), made, max(changed), as_json({
                    "old_account_id": text(account and key), "old_user_ids": [str(i) for i in ids],
                    "old_user_id": text(representative),
                    "user_types": sorted({txt(m[7]) for m in members} - {None}, key=str.encode)})))
        self.accounts = accounts
        self.write("users", ("id", "username", "email", "password_hash", "is_active", "last_login_at",
                             "created_at", "updated_at", "metadata"), rows)

    def persons(self):
        logins = defaultdict(list)
        for account in self.accounts.values():
            logins[account[7]].append((account[3] != 1, account[0]))
        rows = []
        for key, first, last, middle, born, gender, nation, pin, create_date, update_date in self.read(
                """SELECT id, firstname, lastname, patronymic, birthdate, gender_id, nationality_id, pincode,
                          create_date, update_date FROM persons"""):
            user = min(logins[key])[1] if key in logins else None
            if gender is not None:
                named = self.name_of(gender) if gender in (110000003, 110000004) else None
                gender = first_of({1: "male", 2: "female"}.get(gender), {"Kişi": "male", "Qadın": "female"}.get(named),
                                  "prefer_not_to_say")
            made = created(key, create_date)
            rows.append((
                uid(f"persons/{key}"), user and uid(f"accounts/{user}"), first_of(txt(first), "Unknown"),
                first_of(txt(last), "Unknown"), txt(middle), date(born), gender, self.name_of(nation), txt(pin), made,
                first_of(update_date, made)))
        self.write("persons", ("id", "user_id", "first_name", "last_name", "middle_name", "date_of_birth", "gender",
                               "nationality", "national_id", "created_at", "updated_at"), rows)

    def holders(self, people):
        """Who of (key, users.id, active, create_date) holds the user: active, newest, highest key."""
        best = {}
        for key, user, active, create_date in people:
            name = self.login.get(user)
            rank = (active == 1, created(key, create_date), key)
            if name is not None and (name not in best or rank > best[name]):
                best[name] = rank
        return {name: rank[2] for name, rank in best.items()}

    def students(self):
        students = list(self.read(
            """SELECT id, user_id, active, create_date, update_date, card_number, education_type_id, person_id, org_id,
                      education_line_id, education_payment_type_id, education_lang_id, in_order_id, yda_order_id,
                      out_order_id, score FROM students ORDER BY id"""))
        holder = self.holders(row[:4] for row in students)
        cards, rows = set(), []
        for (key, user, active, create_date, update_date, card, kind, person, org, line, payment, lang, in_order,
             yda_order, out_order, score) in students:
            name = self.login.get(user)
            user_id = name and uid(name)
            holds = name is not None and holder[name] == key
            number = txt(card)
            if number is None or number in cards or re.fullmatch("STU[0-9]+", number):
                number = f"STU{key}"
            else:
                cards.add(number)
            made = created(key, create_date)
            rows.append((
                uid(f"students/{key}"), user_id if holds else None, number, started(key, create_date),
                "active" if active == 1 else "inactive",
                {"Əyani": "full_time", "Qiyabi": "part_time"}.get(self.name_of(kind)), 0, as_json({
                    "old_student_id": str(key), "old_person_id": text(person), "old_user_id": text(user),
                    "old_org_id": text(org), "education_line_id": text(line), "education_type_id": text(kind),
                    "education_payment_type_id": text(payment), "education_lang_id": text(lang),
                    "in_order_id": text(in_order), "yda_order_id": text(yda_order), "out_order_id": text(out_order),
                    "entrance_score": txt(score), "card_number": txt(card),
                    "shared_user": None if holds else user_id}), made, first_of(update_date, made)))
        self.student_ids = {row[0]: uid(f"students/{row[0]}") for row in students}
        self.write("students", ("id", "user_id", "student_number", "enrollment_date", "status", "study_mode",
                                "total_credits_earned", "metadata", "created_at", "updated_at"), rows)

    def staff(self):
        teachers = list(self.read(
            """SELECT id, user_id, active, create_date, update_date, organization_id, position_id, in_action_date,
                      out_action_date FROM teachers"""))
        holder = self.holders(row[:4] for row in teachers)
        rows = []
        for key, user, active, create_date, update_date, unit, post, came, went in teachers:
            name = self.login.get(user)
            hired = date(came) or started(key, create_date)
            left = date(went)
            made = created(key, create_date)
            rows.append((
                uid(f"teachers/{key}"), uid(name) if name is not None and holder[name] == key else None,
                uid(f"organizations/{unit}") if unit in self.unit_ids else None, f"TCH{key}",
                languages(*self.dictionary.get(post, (None,) * 3)[:3], TEACHER), hired,
                left if left and left > hired else None, active == 1 and txt(went) is None, made,
                first_of(update_date, made)))
        self.teacher_users = {row[0]: row[1] for row in teachers}
        self.write("staff_members", ("id", "user_id", "organization_unit_id", "employee_number", "position_title",
                                     "hire_date", "contract_end_date", "is_active", "created_at", "updated_at"), rows)

    def terms(self):
        self.courses_read = list(self.read(
            """SELECT id, code, education_plan_subject_id, semester_id, education_year_id, education_lang_id,
                      student_count, active, close_status, create_date, update_date FROM course ORDER BY id"""))
        self.course_terms = {}
        for row in self.courses_read:
            coded = re.match(r"([0-9]{4}/[0-9]{4})_(PY|YZ)_", txt(row[1]) or "")
            year = first_of(self.year_names.get(row[4]), coded and coded.group(1).replace("/", "-"))
            term = first_of({110000135: "fall", 110000136: "spring"}.get(row[3]),
                            coded and {"PY": "fall", "YZ": "spring"}[coded.group(2)])
            if year and term:
                self.course_terms[row[0]] = (year, term)
        found = set(itertools.product(set(self.year_names.values()) - {None}, ("fall", "spring")))
        found.update(self.course_terms.values())
        events = {}
        for year_id, kind, start in self.read(
                """SELECT s.education_year_id, d.type_id, d.start_date
                   FROM academic_schedule_details d JOIN academic_schedule s ON s.id = d.academic_schedule_id
                   WHERE d.active = 1 ORDER BY d.id"""):
            day, year = date(start), self.year_names.get(year_id)
            if day and year:
                events.setdefault((year, kind), day)
        rows = []
        for year, term in sorted(found):
            begin, end = (110000245, 110000249) if term == "fall" else (110000254, 110000258)
            begin, end = events.get((year, begin)), events.get((year, end))
            if not begin or not end or begin >= end:
                first = int(year[:4])
                begin, end = ((datetime.date(first, 9, 1), datetime.date(first, 12, 31)) if term == "fall" else
                              (datetime.date(first + 1, 2, 1), datetime.date(first + 1, 6, 30)))
            rows.append((uid(f"academic_term/{year}/{term}"), year, term, 1 if term == "fall" else 2, begin, end,
                         False, EPOCH))
        self.write("academic_terms", ("id", "academic_year", "term_type", "term_number", "start_date", "end_date",
                                      "is_current", "created_at"), rows)

    def courses(self):
        self.plan_subjects, figures = {}, defaultdict(lambda: [Counter() for _ in range(4)])
        for key, subject, active, *texts in self.read(
                "SELECT id, subject_id, active, credit, m_hours, l_hours, s_hours FROM education_plan_subject"):
            self.plan_subjects[key] = subject
            if active == 1:
                for counter, value in zip(figures[subject], map(whole, texts)):
                    if value is not None and value > 0:
                        counter[value] += 1

        def usual(counter):
            return min(counter, key=lambda value: (-counter[value], value)) if counter else None

        rows, self.subject_ids = [], set()
        for key, named, unit, active, create_date, update_date in self.read(
                "SELECT id, subject_name_id, organization_id, active, create_date, update_date FROM subject_catalog"):
            self.subject_ids.add(key)
            names = self.dictionary.get(named) or self.subjects.get(named) or (None,) * 3
            credit, lecture, lab, tutorial = (usual(counter) for counter in figures[key])
            made = created(key, create_date)
            rows.append((
                uid(f"subject_catalog/{key}"), f"SUBJ{key}", languages(*names[:3], f"Subject {key}"),
                uid(f"organizations/{unit}") if unit in self.unit_ids else None, first_of(credit, 3), lecture, lab,
                tutorial, active == 1, made, first_of(update_date, made)))
        self.write("courses", ("id", "code", "name", "organization_unit_id", "credit_hours", "lecture_hours",
                               "lab_hours", "tutorial_hours", "is_active", "created_at", "updated_at"), rows)

    def read_enrollments(self):
        """Pairs of course_student and of journal, and by them who is enrolled in a course."""
        self.listed, self.marked, enrolled = {}, {}, defaultdict(set)
        for table, pairs in (("course_student", self.listed), ("journal", self.marked)):
            for key, course, student, active, create_date, update_date in self.read(
                    f"SELECT id, course_id, student_id, active, create_date, update_date FROM {table}"):
                if active == 1 and student is not None:
                    enrolled[course].add(student)
                pair, made = (course, student), created(key, create_date)
                known = pairs.get(pair)
                if known is None:
                    pairs[pair] = [active == 1, made, update_date]
                    continue
                known[0] = known[0] or active == 1
                known[1] = min(known[1], made)
                if known[2] is None or (update_date is not None and update_date > known[2]):
                    known[2] = update_date
        self.enrolled = {course: len(students) for course, students in enrolled.items()}

    def offerings(self):
        codes, rows, self.offering_ids = set(), [], {}
        for (key, code, plan, _, _, lang, count, active, closed, create_date, update_date) in self.courses_read:
            subject, term = self.plan_subjects.get(plan), self.course_terms.get(key)
            if subject not in self.subject_ids or term is None:
                continue
            code = txt(code)
            section = code
            if code is None or (subject, term, code) in codes or re.fullmatch(r"(?s:.*)#[0-9]+|C[0-9]+", code):
                section = f"C{key}" if code is None else f"{code}#{key}"
            else:
                codes.add((subject, term, code))
            made = created(key, create_date)
            places = count if count is not None and count > 0 else 30
            status = "cancelled" if active != 1 else "closed" if closed == 1 else "open"
            self.offering_ids[key] = uid(f"course/{key}")
            rows.append((
                self.offering_ids[key], uid(f"subject_catalog/{subject}"), uid(f"academic_term/{term[0]}/{term[1]}"),
                section, LANGUAGES.get(lang, "az"), max(places, self.enrolled.get(key, 0)), "in_person", active == 1,
                status, key, made, first_of(update_date, made)))
        del self.courses_read
        self.write("course_offerings", (
            "id", "course_id", "academic_term_id", "section_code", "language_of_instruction", "max_enrollment",
            "delivery_mode", "is_published", "enrollment_status", "old_course_id", "created_at", "updated_at"), rows)

    def instructors(self):
        groups = defaultdict(list)
        for key, course, teacher, lesson, active, create_date in self.read(
                "SELECT id, course_id, teacher_id, lesson_type_id, active, create_date FROM course_teacher"):
            name = self.login.get(self.teacher_users.get(teacher))
            if active == 1 and name is not None and course in self.offering_ids:
                groups[course, name].append((lesson, created(key, create_date)))
        rows = []
        for (course, name), members in groups.items():
            lessons = {lesson for lesson, _ in members}
            role = ("primary" if lessons & {110000111, 1} else "secondary" if 110000112 in lessons else
                    "lab_instructor" if 110000113 in lessons else "assistant")
            first = min(made for _, made in members)
            rows.append((uid(f"instructor/{course}/{name.replace('accounts/', '')}"), self.offering_ids[course],
                         uid(name), role, first, first))
        self.write("course_instructors", ("id", "course_offering_id", "instructor_id", "role", "assigned_date",
                                          "created_at"), rows)

    def enrollments(self):
        def rows():
            journal_only = (item for item in self.marked.items() if item[0] not in self.listed)
            for completed, items in (("dropped", self.listed.items()), ("completed", journal_only)):
                for (course, student), (active, made, changed) in items:
                    if course in self.offering_ids and student in self.student_ids:
                        yield (uid(f"enrollment/{course}/{student}"), self.offering_ids[course],
                               self.student_ids[student], made, "enrolled" if active else completed,
                               None if active else changed, False, made)

        self.write("course_enrollments", ("id", "course_offering_id", "student_id", "enrollment_date",
                                          "enrollment_status", "status_changed_date", "is_retake", "created_at"), rows())
        del self.listed, self.marked, self.enrolled

    def assessments(self):
        groups = {}
        for key, course, component, active, create_date in self.read(
                "SELECT id, course_id, course_eva_id, active, create_date FROM journal"):
            known = groups.setdefault((course, component), [False, created(key, create_date)])
            known[0] = known[0] or active == 1
            known[1] = min(known[1], created(key, create_date))
        self.assessment_ids, rows = {}, []
        for (course, component), (active, made) in groups.items():
            if not active or course not in self.offering_ids:
                continue
            name = "null" if component is None else str(component)
            digits = name[-6:] if component is not None else name
            kind = txt(self.evaluation.get(component))
            fallback = ((kind,) * 3 if kind is not None else
                        (f"Qiymətləndirmə {digits}", f"Assessment {digits}", f"Оценка {digits}"))
            names = self.dictionary.get(component, (None,) * 3)
            self.assessment_ids[course, component] = uid(f"assessment/{course}/{name}")
            rows.append((self.assessment_ids[course, component], self.offering_ids[course],
                         languages(*names[:3], fallback), "other", 0, 100, made))
        self.write("assessments", ("id", "course_offering_id", "title", "assessment_type", "weight_percentage",
                                   "total_marks", "created_at"), rows)

    GRADE_COLUMNS = ("id", "assessment_id", "student_id", "graded_by", "marks_obtained", "percentage", "rubric_scores",
                     "is_final", "graded_at", "created_at")

    def user_ids(self):
        return {key: uid(name) for key, name in self.login.items()}

    def grades_g2(self):
        """One for each student of a component; the source sorts, so that one group at a time is in memory."""
        users = self.user_ids()
        joined = self.read(
            """SELECT j.course_id, j.course_eva_id, j.student_id,
                      j.id, j.active, j.create_date, j.update_date, j.point,
                      d.id, d.active, d.update_date, d.update_user_id, d.course_meeting_id,
                      d.point_id_1, d.status_1, d.note_1, d.point_id_2, d.status_2, d.note_2,
                      d.point_id_3, d.status_3, d.note_3
               FROM journal j LEFT JOIN journal_details d ON d.journal_id = j.id
               ORDER BY j.course_id, j.course_eva_id, j.student_id, d.id""")

        def rows():
            for triple, members in itertools.groupby(joined, key=lambda row: row[:3]):
                course, component, student = triple
                assessment = self.assessment_ids.get((course, component))
                if assessment is None or student not in self.student_ids:
                    continue
                grade = self.grade_g2(members, users)
                if grade is None:
                    continue
                name = "null" if component is None else component
                yield (uid(f"grade/{course}/{name}/{student}"), assessment, self.student_ids[student], *grade)

        self.write("grades", self.GRADE_COLUMNS, rows())

    def grade_g2(self, members, users):
        journal, legacy, times = {}, [], []
        total, count, newest = Decimal(0), 0, None
        for row in members:
            if row[4] != 1:
                continue                # neither an inactive journal row nor its details count
            journal[row[3]] = row
            key, active, update_date, update_user, meeting = row[8:13]
            if key is None or active != 1:
                continue
            if update_date is not None:
                times.append(update_date)
            if update_user is not None:
                rank = (update_date or LONG_AGO, key)
                if newest is None or rank > newest[0]:
                    newest = (rank, update_user)
            for slot, (point, status, note) in enumerate((row[13:16], row[16:19], row[19:22]), 1):
                if point is None:
                    continue
                entry = {"d": str(key), "s": slot, "m": text(meeting), "p": str(point),
                         "c": txt(self.dictionary.get(point, (None,) * 4)[3]), "t": status, "n": txt(note)}
                legacy.append({name: value for name, value in entry.items() if value is not None})
                mark = self.marks.get(point)
                if mark is not None:
                    total += mark
                    count += 1
        if not journal:
            return None
        latest = max(journal.values(), key=lambda row: (row[6] or LONG_AGO, row[3]))
        point = num(latest[7])
        obtained = cents(point * 10 if point is not None else total * 10 / count if count else None)
        made = min(created(row[3], row[5]) for row in journal.values())
        times.extend(row[6] for row in journal.values() if row[6] is not None)
        return (users.get(newest[1]) if newest else None, obtained, obtained, as_json({"legacy": legacy}), False,
                max(times, default=made), made)

    def grades_g1(self):
        """One for each mark of a detail: nearly as many rows as journal_details has."""
        users = self.user_ids()
        journal = {key: (course, component, student, active) for key, course, component, student, active in self.read(
            "SELECT id, course_id, course_eva_id, student_id, active FROM journal")}

        def rows():
            for key, entry, meeting, create_date, update_date, update_user, *slots in self.read(
                    """SELECT id, journal_id, course_meeting_id, create_date, update_date, update_user_id,
                              point_id_1, status_1, note_1, point_id_2, status_2, note_2, point_id_3, status_3, note_3
                       FROM journal_details WHERE active = 1"""):
                course, component, student, active = journal.get(entry, (None,) * 4)
                assessment = self.assessment_ids.get((course, component))
                student = self.student_ids.get(student)
                if active != 1 or assessment is None or student is None:
                    continue
                made = created(key, create_date)
                for slot in (1, 2, 3):
                    point, status, note = slots[3 * slot - 3:3 * slot]
                    mark = self.marks.get(point)
                    if mark is None:
                        continue
                    obtained = cents(mark * 10)
                    yield (uid(f"journal_details/{key}/{slot}"), assessment, student, users.get(update_user), obtained,
                           obtained, as_json({"d": str(key), "s": slot, "m": text(meeting), "p": str(point),
                                              "c": txt(self.dictionary[point][3]), "t": status, "n": txt(note)}),
                           False, first_of(update_date, made), made)

        self.write("grades", self.GRADE_COLUMNS, rows())

    def run(self):
        steps = [self.look_ups, self.units, self.users, self.persons, self.students, self.staff, self.terms,
                 self.courses, self.read_enrollments, self.offerings, self.instructors, self.enrollments,
                 self.assessments, self.grades_g1 if self.mode == "g1" else self.grades_g2]
        phases = {}
        for step in steps:
            began = time.monotonic()
            step()
            phases[step.__name__] = round(time.monotonic() - began, 3)
        self.source.rollback()
        return phases


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--mode", choices=("g1", "g2"), default="g2")
    options = parser.parse_args()
    began = time.monotonic()
    loader = Loader(options.source, options.target, options.mode)
    phases = loader.run()
    print(json.dumps({"seconds": round(time.monotonic() - began, 3), "rows": loader.rows, "phases": phases,
                      "peak_rss_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main()
