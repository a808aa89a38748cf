#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pairs.py SEED N: N pairs of an SQL92 expression and message properties, a line each, both in base64.

Most expressions come from the grammar; a part of them is then broken: a word taken out, doubled, replaced or cut.
Values are chosen so that they meet: the same few numbers in every spelling, as literals and as properties.
"""
import base64
import random
import sys

NAMES = ["a", "b", "c", "d", "Abc", "$x", "_y", "absent", "between1", "nullx", "e1"]
NUMBERS = ["0", "1", "2", "3", "-1", "5", "10", "007", "1.0", "1.5", "2.", ".5", "1e1", "1.5E-1", "0.0", "3L", "5l", "2147483647",
           "2147483648", "-2147483648", "9223372036854775807", "9223372036854775808", "1e308", "1e309", "4.9e-324", "1e-400",
           "0e5", "1.e2", "3.0000000000000001", "0.1", "16777217", "9007199254740993", "-0.0", "1234567890123"]
STRINGS = ["", "x", "abc", "ab", "bc", "it''s", "''", "true", "TRUE", "false", "NaN", "é", "中文", " ", "1 ", "a b", "--", "/*", "NULL"]
ODD = [" 1", "1 ", "\t1.5\n", "+1", "+1.5", "--1", "1f", "1.5d", "1.5F", "1D", "0x10", "0x1p3", "0x1.8p1", "0x.8P-1", "0x1p3f", "0xfp0d",
       "NaN", "-NaN", "+NaN", "Infinity", "-Infinity", "inf", "nan", "infinity", "1e", "e1", ".", "-", "+", "1.5.2", "1,5", "1_0", "tRuE",
       "truE ", "0b1", "1e+5", "1E-5", "1e1000", "-1e1000", "1.", ".1", "00001", "-0", "-0.0", "0.0", "5L", "it's", "x" * 40, "f", "d",
       "NaNf", "Infinityd", "0x", "0x1p", "0x1", "0xp1", "1" * 40, "0." + "3" * 60, "1e-330", "\x0c2\x0b", "\u00a01"]
KEYWORDS = ["NOT", "AND", "OR", "BETWEEN", "IN", "TRUE", "FALSE", "NULL", "IS", "CONTAINS", "STARTSWITH", "ENDSWITH"]
WORDS = KEYWORDS + ["=", "<>", ">", ">=", "<", "<=", "(", ")", ",", "+", "-", "LIKE", "'", "#", "!", "/*", "*/", "--", ";", "%", ".", "é"]


class Maker:
    def __init__(self, rng):
        self.r = rng

    def pick(self, items):
        return self.r.choice(items)

    def keyword(self, k):
        return self.pick([k, k, k.lower(), k.capitalize()])

    def string(self):
        s = self.pick(STRINGS) if self.r.random() < 0.6 else self.pick(NUMBERS + ODD).replace("'", "''")
        return "'" + s + "'"

    def number(self):
        n = self.pick(NUMBERS)
        return self.pick(["1", "2", "3", "1.5", "10", "-1", ".5"]) if self.r.random() < 0.7 else n

    def operand(self, depth):
        x = self.r.random()
        if x < 0.45:
            return self.pick(NAMES)
        if x < 0.72:
            return self.number()
        if x < 0.82:
            return self.string()
        if x < 0.88:
            return self.keyword(self.pick(["TRUE", "FALSE", "NULL"]))
        if x < 0.94:
            return self.pick(["-", "+", "- ", "--"]) + self.operand(depth)
        return "(" + self.expression(depth - 1) + ")" if depth > 0 else self.pick(NAMES)

    def comparison(self, depth):
        left = self.pick(NAMES) if self.r.random() < 0.85 else self.operand(depth)
        x = self.r.random()
        no = self.keyword("NOT") + " " if self.r.random() < 0.4 else ""
        if x < 0.25:
            return "%s %s %s" % (left, self.pick(["=", "<>"]), self.operand(depth))
        if x < 0.5:
            right = self.operand(depth) if self.r.random() < 0.2 else self.pick([self.number(), self.pick(NAMES)])
            return "%s %s %s" % (left, self.pick([">", ">=", "<", "<="]), right)
        if x < 0.62:
            low, high = self.operand(depth), self.operand(depth)
            if self.r.random() < 0.8:
                low, high = self.number(), self.number()
            return "%s %s%s %s %s %s" % (left, no, self.keyword("BETWEEN"), low, self.keyword("AND"), high)
        if x < 0.74:
            return "%s %s%s (%s)" % (left, no, self.keyword("IN"), ",".join(self.string() for _ in range(self.r.randint(1, 7))))
        if x < 0.86:
            return "%s %s%s %s" % (left, no, self.keyword(self.pick(["CONTAINS", "STARTSWITH", "ENDSWITH"])), self.string())
        if x < 0.96:
            return "%s %s %s%s" % (left, self.keyword("IS"), no, self.keyword("NULL"))
        return left

    def term(self, depth):
        x = self.r.random()
        if depth > 0 and x < 0.2:
            return "(" + self.expression(depth - 1) + ")"
        if depth > 0 and x < 0.3:
            return self.keyword("NOT") + " (" + self.expression(depth - 1) + ")"
        if x < 0.35:
            return self.keyword("NOT") + " " + self.pick(NAMES + ["TRUE"])
        if x < 0.38:
            return self.comparison(depth) + " = " + self.comparison(depth)
        return self.comparison(depth)

    def expression(self, depth):
        e = self.term(depth)
        while self.r.random() < 0.45:
            e += " " + self.keyword(self.pick(["AND", "OR"])) + " " + self.term(depth)
        return e

    def broken(self, e):
        words = e.split(" ")
        at = self.r.randrange(len(words))
        x = self.r.random()
        if x < 0.25:
            del words[at]
        elif x < 0.45:
            words.insert(at, self.pick(words))
        elif x < 0.75:
            words.insert(at, self.pick(WORDS))
        elif x < 0.9:
            words[at] = self.pick(WORDS)
        else:
            return e[:self.r.randrange(len(e) + 1)]
        return self.pick([" ", "  ", "\n", "\t", "", "/* x */", " -- y\n"]).join(words) if x < 0.1 else " ".join(words)

    def text(self):
        e = self.expression(self.r.randint(0, 3))
        return self.broken(e) if self.r.random() < 0.15 else e

    def value(self):
        x = self.r.random()
        if x < 0.7:
            return self.pick(["1", "2", "3", "1.5", "10", "-1", ".5", self.pick(NUMBERS)])
        if x < 0.85:
            return self.pick(STRINGS).replace("''", "'")
        return self.pick(ODD)

    def props(self):
        names = [n for n in NAMES if n != "absent" and self.r.random() < 0.6]
        if names and self.r.random() < 0.1:
            names.append(self.pick(names))
        return "".join("%s\x01%s\x02" % (n, self.value()) for n in names)


def main():
    make = Maker(random.Random(int(sys.argv[1])))
    code = lambda s: base64.b64encode(s.encode()).decode()
    for _ in range(int(sys.argv[2])):
        print(code(make.text()) + "\t" + code(make.props()))


main()
