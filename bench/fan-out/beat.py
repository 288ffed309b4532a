#!/usr/bin/python3
"""A heartbeat through both databases: how long a commit on edu takes until it can be read on lms.

Every second one row of edu gets another number, and lms is asked for that row every few milliseconds. The beats do
not wait for each other: one that comes late delays no other, and each that is overtaken counts with its own delay.

  beat.py --source CONNINFO --target CONNINFO

On standard output a line for each beat that was seen: its number, when its commit returned, in seconds since the
epoch, and the seconds from there until lms had it. It ends by SIGTERM, after a last beat was seen or a minute has
passed; what was sent and never seen is written with the delay `lost`, and the exit status is 1.
"""
import argparse
import signal
import sys
import time
from collections import deque

import psycopg2

TEXT = "fan-out beat "
EVERY = 1.0
POLL = 0.01
PATIENCE = 60.0


def connect(conninfo):
    connection = psycopg2.connect(conninfo)
    connection.autocommit = True
    return connection.cursor()


class Beat:
    def __init__(self, source, target):
        self.source = connect(source)
        self.target = connect(target)
        self.source.execute("SELECT min(id) FROM persons")
        self.person = self.source.fetchone()[0]
        self.row = None
        self.number = 0
        self.unseen = deque()

    def send(self):
        self.number += 1
        self.source.execute("UPDATE persons SET patronymic = %s WHERE id = %s",
                            (TEXT + str(self.number), self.person))
        self.unseen.append((self.number, time.time()))

    def look(self):
        if self.row is None:  # no index on it: only until the first beat has come through
            self.target.execute("SELECT id FROM persons WHERE middle_name LIKE %s", (TEXT + "%",))
            found = self.target.fetchone()
            if found is None:
                return
            self.row = found[0]
        self.target.execute("SELECT middle_name FROM persons WHERE id = %s", (self.row,))
        seen, at = int(self.target.fetchone()[0][len(TEXT):]), time.time()
        while self.unseen and self.unseen[0][0] <= seen:
            number, sent = self.unseen.popleft()
            # A beat can be seen between its commit and the answer to it.
            print(f"{number}\t{sent:.4f}\t{max(0.0, at - sent):.4f}", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--source", required=True)
    arguments.add_argument("--target", required=True)
    options = arguments.parse_args()
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    beat = Beat(options.source, options.target)
    due = time.monotonic()
    while not stopping:
        if time.monotonic() >= due:
            beat.send()
            due += EVERY
        beat.look()
        time.sleep(POLL)
    end = time.monotonic() + PATIENCE
    while beat.unseen and time.monotonic() < end:
        beat.look()
        time.sleep(POLL)
    for number, sent in beat.unseen:
        print(f"{number}\t{sent:.4f}\tlost", flush=True)
    sys.exit(1 if beat.unseen else 0)


main()
