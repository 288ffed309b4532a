-- persons: birthdates, genders and missing names in their exact numbers, by rank of a hash.

INSERT INTO persons (id, firstname, lastname, patronymic, gender_id, pincode, birthdate,
  photo_file_id, citizenship_id, social_id, marital_id, orphan_id, military_id, nationality_id,
  create_date, create_user_id, update_date, update_user_id, active, balance, blood_type_id,
  past_fevers, hobbies, sports, family_information, secondary_education_info)
SELECT person_id,
       CASE WHEN kind = 'PO' AND k < :name_null AND k % 2 = 0 THEN NULL ELSE firstname END,
       CASE WHEN kind = 'PO' AND k < :name_null AND k % 2 = 1 THEN NULL ELSE lastname END,
       patronymic,
       CASE WHEN gender <= :gender_legacy THEN 1 + sex
            WHEN gender <= :gender_legacy + :gender_null THEN NULL
            ELSE 110000003 + sex END,
       CASE WHEN v % 20 = 0 THEN NULL WHEN v % 20 < 5 THEN lower(gen.pin(n)) ELSE gen.pin(n) END,
       CASE WHEN birth <= :birthdate_missing THEN CASE birth % 2 WHEN 0 THEN '' END
            WHEN birth <= :birthdate_missing + :birthdate_iso THEN to_char(born, 'YYYY-MM-DD')
            WHEN birth <= :birthdate_missing + :birthdate_iso + :birthdate_garbage
              THEN (ARRAY['31/02/1999', '12.05.2001', '5-6-2000', '00/00/0000', '2001',
                          '29/02/2003', '12/13/1998'])[1 + birth % 7]
            ELSE gen.dmy(born) END,
       NULL,
       CASE WHEN v / 20 % 50 = 0 THEN 110000025 WHEN v / 20 % 50 = 1 THEN 110000024
            WHEN v / 20 % 50 = 2 THEN NULL ELSE 110000023 END,
       CASE WHEN v / 1000 % 12 < 3 THEN 110000082 + v / 1000 % 12 END,
       CASE WHEN v / 12000 % 5 = 0 THEN 110000081 WHEN v / 12000 % 5 < 4 THEN 110000080 END,
       CASE WHEN v / 60000 % 80 = 0 THEN 110000085 END,
       CASE WHEN sex = 0 AND v / 60000 % 3 = 0 THEN 110000086 END,
       CASE WHEN v / 700 % 30 = 0 THEN NULL WHEN v / 700 % 30 < 5 THEN 110000070 + v / 700 % 30
            ELSE 110000070 END,
       CASE WHEN v % 211 = 0 THEN NULL ELSE gen.at(day, v) END, 100000000,
       CASE WHEN v % 3 = 0 THEN gen.at(day + 90, v / 3) END,
       CASE WHEN v % 3 = 0 THEN 100000000 END,
       CASE WHEN gone <= :person_inactive THEN gen.gone(gone) ELSE 1 END,
       CASE WHEN v % 4 = 0 THEN (v / 4 % 2500)::text END,
       CASE WHEN v % 9 = 0 THEN 110000090 + v / 9 % 4 END,
       NULL,
       CASE WHEN v % 17 = 0 THEN 'Kitab oxumaq, şahmat' END,
       CASE WHEN v % 19 = 0 THEN 'Futbol' END,
       CASE WHEN v % 13 = 0 THEN 'Atası – ' || lastname || '; anası – ev xanımı' END,
       CASE WHEN v % 11 = 0 THEN n % 300 || ' №-li tam orta məktəb, ' || 2010 + n % 12 END
FROM (
  SELECT *, gen.r('persons.more', n) AS v,
         date '1996-01-01' + (gen.r('persons.born', n) % 3600)::integer
           - CASE WHEN kind IN ('TA', 'TI', 'AD') THEN 9000 ELSE 0 END AS born,
         row_number() OVER (ORDER BY gen.r('persons.gender', n)) AS gender,
         row_number() OVER (ORDER BY gen.r('persons.birth', n)) AS birth,
         row_number() OVER (ORDER BY gen.r('persons.gone', n)) AS gone
  FROM gen.human) AS p
ORDER BY person_id;
