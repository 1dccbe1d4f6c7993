package form

import (
	"strings"
	"testing"
)

func TestPatternsMeanWhatTheyMeanToJavaScript(t *testing.T) {
	for _, r := range []struct{ pattern, yes, no string }{
		{`^[A-Z]{2,3}-\d+$`, "ABC-1|AB-12", "A-1|ABCD-1|AB-|AB-1\n"},
		{`b`, "abc", "ac"},
		{`^.$`, "a|ä|😀", "|\n|\r|\u2028|ab"},
		{`^\s$`, " |\t|\u00a0|\u3000|\ufeff|\v", "x|\u200b"},
		{`^\S$`, "x|ä|\u200b", " |\u00a0|\u2003"},
		{`^[\s\d]+$`, "1 2\u00a03", "a"},
		{`^[^\s]+$`, "abc", "a\u00a0b"},
		{`^[^\S]$`, " |\u00a0", "x"},
		{`^[^]$`, "x|\n", ""},
		{`^[[:a]+$`, "[|:|a", "b"},
		{`^[\]\-a]+$`, "]-a", "b"},
		{`^\w+$`, "Az_9", "ä|-"},
		{`\bfoo\b`, "a foo b", "afoo"},
		{`^\x41\u0042\u{43}\u{1f600}$`, "ABC😀", "ABC"},
		{`^(?:a|b)(c)(?<name>d)$`, "acd|bcd", "ad"},
		{`^a+?b*?c??$`, "aabc", "b"},
		{`^\/\.\*\+\?\(\)\[\]\{\}\|\^\$\\$`, `/.*+?()[]{}|^$\`, "x"},
		{`^\p{L}+\p{Nd}$`, "ä1", "1ä"},
		{`^\P{Lu}$`, "a", "A"},
		{`^\cJ\0$`, "\n\x00", "x"},
		{`^[\b]$`, "\b", "b"},
		{`^ä{2}$`, "ää", "ä"},
		{`^a{2,}$`, "aa|aaa", "a"},
	} {
		p, refused := compilePattern(r.pattern)
		if refused != nil {
			t.Errorf("%s: %+v", r.pattern, refused)
			continue
		}
		for s := range strings.SplitSeq(r.yes, "|") {
			if strings.Contains(r.pattern, `\|`) {
				s = r.yes
			}
			if !p.match(s) {
				t.Errorf("%s does not match %q", r.pattern, s)
			}
		}
		for s := range strings.SplitSeq(r.no, "|") {
			if s+r.no != "" && p.match(s) {
				t.Errorf("%s matches %q", r.pattern, s)
			}
		}
	}
}

// JavaScript takes these in another sense than Go, or only one of both takes them.
func TestPatternsOutsideBothAreRefusedByName(t *testing.T) {
	for pattern, name := range map[string]string{
		`(?=x)`: "lookahead (?=", `(?!x)`: "lookahead (?!", `(?<=x)y`: "lookbehind (?<=", `(?<!x)y`: "lookbehind (?<!",
		`(a)\1`: `\1`, `(?<n>a)\k<n>`: `\k`, `(?i)abc`: "(?i", `(?i:abc)`: "(?i", `(?P<n>a)`: "(?P", `(?#x)`: "(?#",
		`\A`: `\A`, `a\z`: `\z`, `\Qa.b\E`: `\Q`, `\a`: `\a`, `\C`: `\C`, `\_`: `\_`, `\é`: `\é`, `[\B]`: `\B`,
		`\pL`: `\p`, `\p{Greek}`: `\p{Greek}`, `\p{Letter}`: `\p{Letter}`, `\p{`: `\p`, `\ud83d`: `\ud83d`, `\u12`: `\u`, `\u{110000}`: `\u{110000}`, `\xg0`: `\xg0`, `\x`: `\x`,
		`[]`: "[]", `a]`: "a single ]", `a}`: "a single }", `{`: "a single {", `a{,2}`: "a single {", `a{x}`: "a single {", `\`: "at its end", `\01`: `\0`, `\c1`: `\c`,
		`(`: "no regular expression", `)`: "no regular expression", `[b-a]`: "no regular expression", `*`: "no regular expression", `a**`: "no regular expression", `[a`: "no regular expression", `a{2000}`: "no regular expression", "\xff": "no regular expression",
		strings.Repeat("x", 501): "bytes", strings.Repeat("x{500}", 10): "repeats too much",
	} {
		_, refused := compilePattern(pattern)
		if refused == nil || !strings.Contains(refused.reason, name) || refused.instead == "" {
			t.Errorf("%s: %+v, want %s", pattern, refused, name)
		}
	}
}
