package form

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxPattern = 500
	// maxSteps bounds a pattern's automaton: time and memory of a check go with it.
	maxSteps = 2000
)

// pattern is a regular expression of ECMA-262 (with the flag u, as JSON Schema has it),
// translated for Go's regexp, which takes time in line with the text's length.
type pattern struct {
	source string
	re     *regexp.Regexp
}

// match reports if some part of the text matches. A text longer than any answer does not.
func (p *pattern) match(s string) bool {
	return p == nil || len(s) <= 4*MaxText && p.re.MatchString(s)
}

// refusal says why a pattern is not used, and what to write.
type refusal struct{ reason, instead string }

func compilePattern(source string) (*pattern, *refusal) {
	if len(source) > maxPattern {
		return nil, &refusal{fmt.Sprintf("has %d bytes, and %d are allowed", len(source), maxPattern), "write a shorter one"}
	}
	t := translator{rest: source}
	for t.refused == nil && t.rest != "" {
		t.step()
	}
	if t.refused != nil {
		return nil, t.refused
	}
	parsed, err := syntax.Parse(t.out.String(), syntax.Perl)
	if err != nil {
		return nil, &refusal{"is no regular expression: " + err.Error(), "write one that JavaScript takes with the flag u"}
	}
	if size(parsed) > maxSteps {
		return nil, &refusal{"repeats too much", "write smaller numbers in braces, or use minLength and maxLength"}
	}
	re, err := regexp.Compile(t.out.String())
	if err != nil {
		return nil, &refusal{"is no regular expression: " + err.Error(), "write one that JavaScript takes with the flag u"}
	}
	return &pattern{source, re}, nil
}

// size is about how many states an expression has.
func size(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += size(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxSteps+1)
}

// translator turns ECMA-262 into Go's syntax, a token a step. Both mean the same by the
// tokens that it lets through.
type translator struct {
	rest    string
	out     strings.Builder
	class   bool // within brackets
	refused *refusal
}

const (
	spaces = `\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	others = `\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
)

func (t *translator) refuse(what, instead string) {
	t.refused = &refusal{"has " + what + ", which is not supported", instead}
}

func (t *translator) take(n int) string {
	s := t.rest[:n]
	t.rest = t.rest[n:]
	return s
}

func (t *translator) step() {
	switch c := t.rest[0]; {
	case c == '\\':
		t.escape()
	case t.class:
		t.inClass(c)
	case c == '(':
		t.group()
	case c == '[':
		t.open()
	case c == '.':
		t.take(1)
		t.out.WriteString(`[^\n\r\x{2028}\x{2029}]`)
	case c == '{':
		t.braces()
	case c == ']' || c == '}':
		t.refuse("a single "+string(c), `write \`+string(c))
	default:
		_, n := utf8.DecodeRuneInString(t.rest)
		t.out.WriteString(t.take(n))
	}
}

func (t *translator) open() {
	switch {
	case strings.HasPrefix(t.rest, "[]"):
		t.refuse("[]", "write at least one character in the brackets")
	case strings.HasPrefix(t.rest, "[^]"):
		t.take(3)
		t.out.WriteString(`[\x{0}-\x{10ffff}]`)
	case strings.HasPrefix(t.rest, "[^"):
		t.out.WriteString(t.take(2))
		t.class = true
	default:
		t.out.WriteString(t.take(1))
		t.class = true
	}
}

func (t *translator) inClass(c byte) {
	switch c {
	case ']':
		t.class = false
		t.out.WriteString(t.take(1))
	case '[': // a character like others here; Go would read [:alpha:]
		t.take(1)
		t.out.WriteString(`\[`)
	default:
		_, n := utf8.DecodeRuneInString(t.rest)
		t.out.WriteString(t.take(n))
	}
}

// group lets plain, counted and named groups through.
func (t *translator) group() {
	switch {
	case !strings.HasPrefix(t.rest, "(?"):
		t.out.WriteString(t.take(1))
	case strings.HasPrefix(t.rest, "(?:"):
		t.out.WriteString(t.take(3))
	case strings.HasPrefix(t.rest, "(?=") || strings.HasPrefix(t.rest, "(?!"):
		t.refuse("a lookahead "+t.rest[:3], "write the pattern without it, or two fields")
	case strings.HasPrefix(t.rest, "(?<=") || strings.HasPrefix(t.rest, "(?<!"):
		t.refuse("a lookbehind "+t.rest[:4], "write the pattern without it, or two fields")
	case strings.HasPrefix(t.rest, "(?<"):
		t.out.WriteString(t.take(3))
	default:
		_, n := utf8.DecodeRuneInString(t.rest[2:])
		t.refuse("a group "+t.rest[:2+n], "write (…) or (?:…), and both cases as [Aa] where case does not matter")
	}
}

// braces lets repetitions through.
func (t *translator) braces() {
	end := strings.IndexByte(t.rest, '}')
	if end < 0 {
		t.refuse("a single {", `write \{`)
		return
	}
	low, high, two := strings.Cut(t.rest[1:end], ",")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	if !digits(low) || two && high != "" && !digits(high) {
		t.refuse("a single {", `write \{`)
		return
	}
	t.out.WriteString(t.take(end + 1))
}

func (t *translator) escape() {
	if len(t.rest) == 1 {
		t.refuse(`a single \ at its end`, `write \\`)
		return
	}
	switch c := t.rest[1]; {
	case strings.IndexByte(`dDwW`, c) >= 0, !t.class && strings.IndexByte(`bB`, c) >= 0, strings.IndexByte(`tnvfr`, c) >= 0:
		t.out.WriteString(t.take(2))
	case c == 'b':
		t.take(2)
		t.out.WriteString(`\x{8}`)
	case c == 's' || c == 'S':
		t.take(2)
		t.spaces(c)
	case c == '-' && t.class, strings.IndexByte(`^$\.*+?()[]{}|`, c) >= 0:
		t.out.WriteString(t.take(2))
	case c == '/':
		t.take(2)
		t.out.WriteString("/")
	case c == '0' && (len(t.rest) == 2 || t.rest[2] < '0' || t.rest[2] > '9'):
		t.take(2)
		t.out.WriteString(`\x{0}`)
	case c >= '1' && c <= '9', c == 'k':
		t.refuse(`a reference back \`+string(c), "write the pattern without it, or two fields")
	case c == 'x' || c == 'u':
		t.codePoint()
	case c == 'p' || c == 'P':
		t.property()
	case c == 'c' && len(t.rest) > 2 && isAlphanumeric(rune(t.rest[2])) && t.rest[2] > '9':
		fmt.Fprintf(&t.out, `\x{%x}`, t.rest[2]&0x1f)
		t.take(3)
	default:
		_, n := utf8.DecodeRuneInString(t.rest[1:])
		t.refuse(t.rest[:1+n], "write the character without the \\, or another expression")
	}
}

// spaces are those of ECMA-262; Go's \s has fewer.
func (t *translator) spaces(c byte) {
	set := spaces
	if c == 'S' {
		set = others
	}
	if t.class {
		t.out.WriteString(set)
		return
	}
	t.out.WriteString("[" + set + "]")
}

// codePoint is \xHH, \uHHHH or \u{H…}.
func (t *translator) codePoint() {
	digits, length := "", 0
	switch {
	case t.rest[1] == 'x' && len(t.rest) >= 4:
		digits, length = t.rest[2:4], 4
	case strings.HasPrefix(t.rest, `\u{`) && strings.IndexByte(t.rest, '}') > 0:
		length = strings.IndexByte(t.rest, '}') + 1
		digits = t.rest[3 : length-1]
	case t.rest[1] == 'u' && len(t.rest) >= 6:
		digits, length = t.rest[2:6], 6
	}
	point, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || !utf8.ValidRune(rune(point)) || point > utf8.MaxRune {
		t.refuse(plainName(t.rest[:max(length, 2)]), "write the character itself")
		return
	}
	t.take(length)
	fmt.Fprintf(&t.out, `\x{%x}`, point)
}

// property lets through the general categories of Unicode, which both have by the same
// short names.
func (t *translator) property() {
	end := strings.IndexByte(t.rest, '}')
	if !strings.HasPrefix(t.rest[2:], "{") || end < 0 || !isCategory(t.rest[3:end]) {
		t.refuse(plainName(t.rest[:max(2, end+1)]), `write a general category of Unicode, such as \p{L} or \p{Lu}`)
		return
	}
	t.out.WriteString(t.take(end + 1))
}

func isCategory(name string) bool {
	const categories = " L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co "
	return name != "" && !strings.Contains(name, " ") && strings.Contains(categories, " "+name+" ")
}
