"""A parser by hand: tokens, then a tree, then what it evaluates to."""
import sys

TEXT = '{"a": [1, 2.5, -3, {"b": "text with \\"quotes\\"", "c": null}], "d": (1 + 2 * (3 - 4)) * 5, "e": true}'


class Tokens:
    def __init__(self, text):
        self.text = text
        self.at = 0
        self.token = None
        self.advance()

    def advance(self):
        text, at = self.text, self.at
        while at < len(text) and text[at] in ' \t\n':
            at += 1
        if at == len(text):
            self.token = ('end', None)
        elif text[at] in '{}[]:,()+*-':
            self.token = (text[at], None)
            at += 1
        elif text[at] == '"':
            at += 1
            part = []
            while text[at] != '"':
                if text[at] == '\\':
                    at += 1
                part.append(text[at])
                at += 1
            at += 1
            self.token = ('value', ''.join(part))
        elif text[at].isdigit():
            start = at
            while at < len(text) and (text[at].isdigit() or text[at] == '.'):
                at += 1
            number = text[start:at]
            self.token = ('value', float(number) if '.' in number else int(number))
        else:
            start = at
            while at < len(text) and text[at].isalpha():
                at += 1
            self.token = ('value', {'null': None, 'true': True, 'false': False}[text[start:at]])
        self.at = at

    def take(self, kind):
        if self.token[0] != kind:
            raise SyntaxError('%s at %d, not %s' % (self.token, self.at, kind))
        value = self.token[1]
        self.advance()
        return value


def parse_sum(tokens):
    value = parse_product(tokens)
    while tokens.token[0] in '+-':
        kind = tokens.token[0]
        tokens.advance()
        other = parse_product(tokens)
        if kind == '+':
            value += other
        else:
            value -= other
    return value


def parse_product(tokens):
    value = parse_atom(tokens)
    while tokens.token[0] == '*':
        tokens.advance()
        value *= parse_atom(tokens)
    return value


def parse_atom(tokens):
    kind = tokens.token[0]
    if kind == '-':
        tokens.advance()
        return -parse_atom(tokens)
    if kind == '(':
        tokens.advance()
        value = parse_sum(tokens)
        tokens.take(')')
        return value
    if kind == '[':
        return parse_list(tokens)
    if kind == '{':
        return parse_object(tokens)
    return tokens.take('value')


def parse_list(tokens):
    tokens.take('[')
    items = []
    while tokens.token[0] != ']':
        items.append(parse_sum(tokens))
        if tokens.token[0] == ',':
            tokens.advance()
    tokens.take(']')
    return items


def parse_object(tokens):
    tokens.take('{')
    items = {}
    while tokens.token[0] != '}':
        name = tokens.take('value')
        tokens.take(':')
        items[name] = parse_sum(tokens)
        if tokens.token[0] == ',':
            tokens.advance()
    tokens.take('}')
    return items


def main(count):
    total = 0
    for _ in range(count):
        total += parse_sum(Tokens(TEXT))['d']
    print(total)


if __name__ == '__main__':
    main(int(sys.argv[1]))
