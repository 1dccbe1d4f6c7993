package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyThatIsDeadWhichNoSystemUses(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	room := func(folder string, files ...string) listed {
		return listed{ImportPath: "example.org/" + folder, Dir: root + "/" + folder, GoFiles: files}
	}
	mac, both := room("mac", "a_darwin.go"), room("both", "b.go")
	all := rooms{mac, both, room("alone", "c.go"), room("tests", "doc.go")}
	for name, c := range map[string]struct {
		linux, darwin []string
		rows          []row
		want          []string
	}{
		"used on one system":    {linux: []string{"both/b.go: f"}},
		"used on none":          {linux: []string{"both/b.go: f"}, darwin: []string{"both/b.go: f"}, want: []string{"both/b.go: f"}},
		"a system's own":        {darwin: []string{"mac/a_darwin.go: g"}, want: []string{"mac/a_darwin.go: g"}},
		"named twice by one":    {linux: []string{"both/b.go: f", "both/b.go: f"}},
		"allowed":               {darwin: []string{"mac/a_darwin.go: g"}, rows: []row{{"mac/a_darwin.go: *", "because"}}},
		"allowed as a folder":   {darwin: []string{"mac/a_darwin.go: g"}, rows: []row{{"mac/", "because"}}},
		"allowed for no reason": {darwin: []string{"mac/a_darwin.go: g"}, rows: []row{{what: "mac/"}}, want: []string{"mac/"}},
		"another is allowed":    {darwin: []string{"mac/a_darwin.go: g"}, rows: []row{{"mac/a_darwin.go: h", "because"}}, want: []string{"mac/a_darwin.go: g", "mac/a_darwin.go: h"}},
		"used by now":           {rows: []row{{"both/b.go: f", "because"}}, want: []string{"both/b.go: f"}},
	} {
		var f findings
		f.add(rooms{both}, c.linux)
		f.add(rooms{both, mac}, c.darwin)
		var got []string
		for _, complaint := range f.judge(all, append(c.rows, row{"alone/", "nobody imports it"})) {
			got = append(got, complaint.of)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var f findings
	f.add(rooms{both, mac}, nil)
	if got := f.judge(all, nil); len(got) != 1 || got[0].of != "alone/" {
		t.Errorf("of a package in no program it says %q", got)
	}
}
