"""A CRM's lists the plain way: tables in one unencrypted SQLite file, with Python's standard library.

No records that merge, no audit, no events, no guesses about a file: what the same questions cost without all that.
Usage: tables_sqlite.py FOLDER
"""

import csv
import re
import sqlite3
import sys
import time
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import player

SCHEMA = """
CREATE TABLE lead (
    n INTEGER PRIMARY KEY, name TEXT, company TEXT, email TEXT, phone TEXT, rfc TEXT, size INTEGER, industry TEXT,
    source TEXT, amount INTEGER, cp TEXT, created TEXT, open_rate TEXT, demo TEXT, notes TEXT,
    state TEXT, score INTEGER, band TEXT, company_sort TEXT, name_sort TEXT
);
CREATE INDEX by_score ON lead (score, n, state);
CREATE INDEX by_company ON lead (company_sort, n, state);
CREATE INDEX by_name ON lead (name_sort, n, state);
CREATE INDEX by_amount ON lead (amount, n, state);
CREATE INDEX by_created ON lead (created, n, state);
CREATE INDEX by_state ON lead (state, amount);
CREATE INDEX by_band ON lead (band, state, amount);
CREATE INDEX by_source ON lead (source, state, amount);
CREATE VIRTUAL TABLE found USING fts5 (
    name, company, email, phone, rfc, content = 'lead', content_rowid = 'n',
    tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TABLE invoice (
    n INTEGER PRIMARY KEY, customer TEXT, label TEXT, state TEXT, day TEXT, due TEXT, total INTEGER, net INTEGER
);
CREATE INDEX by_day ON invoice (state, day, net, total);
"""
INSERT = f"INSERT INTO lead VALUES (NULL{', ?' * 19})"
SUFFIX = re.compile(r"[ ,.]*\b(s\.? ?a\.?( p\.? ?i\.?)?( de c\.? ?v\.?)?|s\.? de r\.? ?l\.?( de c\.? ?v\.?)?|s\.? ?c\.?)\W*$")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
folder = Path(sys.argv[1])
file = folder / "plain.db"


def fold(text):
    plain = unicodedata.normalize("NFD", text.lower())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def cents(text):
    """An amount in hundredths; `None` for what is none."""
    try:
        amount = float(text or 0)
    except ValueError:
        return None
    return int(amount * 100) if 0 <= amount < 1e12 else None


def digits(text):
    return re.sub(r"\D", "", text)[-10:]


def leads(rows, known):
    """Rows that are new: right enough to keep, and without the RFC, mail, telephone or company of another."""
    for row in rows:
        row = {name: value.strip() for name, value in row.items()}
        email, phone, rfc = row["E-mail"].lower(), digits(row["Phone Number"]), re.sub(r"\W", "", row["Tax ID"]).upper()
        company = fold(row["Company"])
        amount = cents(row["Amount"])
        if not (row["Full Name"] or company) or (email and not EMAIL.fullmatch(email)) or amount is None:
            continue
        keys = [("r", rfc), ("e", email), ("p", phone), ("c", SUFFIX.sub("", company))]
        keys = [key for key in keys if key[1]]
        if any(key in known for key in keys):
            continue
        known.update(keys)
        size = int(digits(row["Employees"]) or 0)
        score = min(100, 20 + (size > 50) * 30 + bool(rfc) * 20 + (row["Lead Source"] == "Referido") * 30)
        band = "ABCD"[(score < 80) + (score < 60) + (score < 40)]
        yield (
            row["Full Name"], row["Company"], email, phone, rfc, size, row["Industry"], row["Lead Source"], amount,
            row["Zip Code"], row["Created Date"], row["Open Rate"], row["Demo Requested"], row["Notes"],
            "new", score, band, company, fold(row["Full Name"]),
        )


def load(request):
    """A list into a new file, in one transaction on disk."""
    for old in folder.glob("plain.db*"):
        old.unlink()
    db = sqlite3.connect(file, isolation_level=None)
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -48000;" + SCHEMA)
    db.execute("BEGIN")
    with open(request["file"], encoding="utf-8", newline="") as text:
        db.executemany(INSERT, leads(csv.DictReader(text), set()))
    db.execute("INSERT INTO found (found) VALUES ('rebuild')")
    db.execute("COMMIT")
    count = db.execute("SELECT count(*) FROM lead").fetchone()[0]
    db.close()
    return {"created": count, "version": sqlite3.sqlite_version}


def add_invoices(request):
    db = sqlite3.connect(file, isolation_level=None)
    today = date.today()
    db.execute("BEGIN")
    for number in range(request["n"]):
        day = today - timedelta(days=number % 720)
        net = (number % 9000 + 1000) * 600
        state = "generated" if number % 50 == 0 else "stamped"
        row = (f"EMPRESA DE PRUEBA {number % 2000}", f"B-{number}", state, str(day), str(day + timedelta(days=30)), net * 116 // 100, net)
        db.execute("INSERT INTO invoice VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
    db.execute("COMMIT")
    db.execute("ANALYZE")
    db.close()
    return {"invoices": request["n"]}


def page(db, order, source, where, values, offset):
    asked = f"FROM {source} WHERE {where}"
    rows = db.execute(f"SELECT lead.* {asked} ORDER BY {order} LIMIT 60 OFFSET ?", (*values, offset)).fetchall()
    total = db.execute(f"SELECT count(*), sum(amount) {asked}", values).fetchone()
    return rows, total


def pages():
    every = "state IN ('new', 'assigned', 'working', 'nurturing', 'qualified')"
    asked = [("lead", every, (), offset) for offset in (0, 600, 10_000, 50_000, 90_000)] + [
        ("lead", "state IN ('new', 'assigned')", (), 0),
        ("lead", f"{every} AND band IN ('A', 'B')", (), 0),
        ("lead", f"{every} AND source = ?", ("Referido",), 0),
        ("found JOIN lead ON lead.n = found.rowid", f"found MATCH ? AND {every}", ('"ferre"*',), 0),
    ]
    orders = ["score DESC, n DESC", "company_sort, n", "name_sort, n", "amount DESC, n DESC", "created DESC, n DESC"]
    return [(order, *each) for each in asked for order in orders]


def search(db, text):
    words = " ".join(f'"{word}"' for word in text.split()) + "*"
    query = "SELECT lead.* FROM found JOIN lead ON lead.n = found.rowid WHERE found MATCH ? LIMIT 20"
    return db.execute(query, (words,)).fetchall()


def dashboard(db, today):
    year_ago, month = str(today - timedelta(days=365))[:7], str(today)[:7]
    ask = lambda sql, *values: db.execute(sql, values).fetchall()
    return [
        ask("SELECT state, count(*), sum(amount) FROM lead GROUP BY state"),
        ask("SELECT substr(day, 1, 7) AS month, count(*), sum(net) FROM invoice WHERE state = 'stamped' AND day >= ? GROUP BY month", year_ago),
        ask("SELECT sum(total) FROM invoice WHERE state = 'stamped' AND day >= ?", month),
        ask("SELECT * FROM invoice WHERE state = 'stamped' ORDER BY day DESC LIMIT 8"),
        ask("SELECT * FROM invoice WHERE state <> 'stamped' ORDER BY day DESC LIMIT 200"),
        ask("SELECT min(4, max(0, (julianday(?) - julianday(due)) / 30 + 1)) AS age, sum(total) FROM invoice WHERE state = 'stamped' GROUP BY CAST(age AS INTEGER)", str(today)),
        ask("SELECT * FROM lead WHERE state = 'new' ORDER BY score DESC LIMIT 8"),
    ]


def boards(request):
    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    db.execute("PRAGMA cache_size = -48000")
    lists, searches, homes, words = [], [], [], request["words"]
    today = date.today()

    def timed(times, turn, work, *values):
        start = time.perf_counter()
        work(db, *values)
        if turn > 0:
            times.append((time.perf_counter() - start) * 1e3)

    for turn in range(request["times"] + 1):
        for query in pages():
            timed(lists, turn, page, *query)
        for text in words:
            timed(searches, turn, search, text)
            timed(homes, turn, dashboard, today)
    leads = db.execute("SELECT count(*) FROM lead").fetchone()[0]
    invoices = db.execute("SELECT count(*) FROM invoice").fetchone()[0]
    db.close()
    return {
        "leads": leads, "invoices": invoices, "version": sqlite3.sqlite_version,
        "list": player.figures(lists), "search": player.figures(searches), "dashboard": player.figures(homes),
    }


DOES = {"import": load, "add_invoices": add_invoices, "boards": boards}
player.play(lambda request: DOES[request["do"]](request))
