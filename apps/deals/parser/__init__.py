"""Reads a CSV file of deals in one pass and bounded memory, checks every value, and says what is wrong and where.

Pure Python: no settings, no database, no request. The way of the bytes, a module a step:

    text.py      bytes → text: encoding by byte order mark, strict UTF-8, or Windows-1251
    records.py   text → blocks of whole records that know their line number
    header.py    the first record → delimiter and columns
    rows.py      a block → rows for COPY, checked column by column
    closely.py   a block in which something is wrong → which records, which columns, and why
    values.py    one value → as COPY takes it, or what is wrong with it
    faults.py    what is wrong, with line, column and value
    deals.py     all of it together: a file → blocks for COPY, or faults

Memory: some copies of one block, which is a quarter of the longest record that is allowed, or 128 KiB.
"""
