package desktop

import (
	"strings"
	"testing"
)

func TestLinksAreKnownByTheirScheme(t *testing.T) {
	for argument, want := range map[string]bool{
		"portico://":                                 true,
		"portico://open?portal=contoso.example":      true,
		"PORTICO://open":                             true,
		"portico://x --data-dir /evil":               true, // one argument, and nothing in it counts
		"portico://x\n--data-dir\x00/evil":           true,
		"portico://" + strings.Repeat("a", 8<<10-10): true,
		"portico://" + strings.Repeat("a", 8<<10-9):  false,
		"":                   false,
		"portico:":           false,
		"portico:/open":      false,
		" portico://open":    false,
		"xportico://open":    false,
		"--portico://open":   false,
		"https://portico://": false,
		"portıco://open":     false, // a dotless i
	} {
		if err := CheckLink(argument); (err == nil) != want {
			t.Errorf("%.40q: %v", argument, err)
		}
	}
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{"portico://open?portal=contoso.example&name=ticket&ticket_id=7", "portico://%00%", "portico://\x00", "https://x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, argument string) {
		err := CheckLink(argument)
		if err == nil && (len(argument) > 8<<10 || !strings.HasPrefix(strings.ToLower(argument), "portico://")) {
			t.Errorf("%q is taken for a link", argument)
		}
		if rest := strings.TrimPrefix(argument, "portico://"); err != nil && len(rest) > 20 && strings.Contains(err.Error(), rest) {
			t.Errorf("the error repeats the link: %v", err)
		}
	})
}
