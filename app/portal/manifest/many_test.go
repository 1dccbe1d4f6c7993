package manifest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestProvidersAreBounded(t *testing.T) {
	with := func(n int) error {
		entries := make([]string, n)
		for i := range entries {
			entries[i] = fmt.Sprintf(`{"id":"p%d","authority":"https://login%d.example","client_id":"x"}`, i, i)
		}
		_, err := ParseProviders([]byte("["+strings.Join(entries, ",")+"]"), "x")
		return err
	}
	if err := with(maxProviders); err != nil {
		t.Error(err)
	}
	var wrong *Error
	if err := with(maxProviders + 1); !errors.As(err, &wrong) || wrong.Kind != Invalid || wrong.Field != "providers" || !strings.Contains(wrong.Reason, "201") {
		t.Errorf("one more: %v", err)
	}
}

// withMenus is a manifest with so many apps.
func withMenus(n int) []byte {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf(`{"id":"a%d","title":"App %d","url":"https://app%d.example/"}`, i, i, i)
	}
	return fmt.Appendf(nil, `{"version":1,"name":"x","providers":[{"id":"g","preset":"google","client_id":"6f1c"}],"menus":[%s]}`, strings.Join(entries, ","))
}

func TestManyAppsKeepNobodyOut(t *testing.T) {
	for _, n := range []int{201, 500, maxMenus} {
		m, err := Parse(withMenus(n), "x")
		if err != nil || len(m.Menus) != n || len(m.Unused) > 0 {
			t.Fatalf("%d apps: %v, %+v", n, err, m)
		}
	}
	m, err := Parse(withMenus(maxMenus+1), "x")
	if err != nil {
		t.Fatal(err)
	}
	want := []Unused{{Field: "menus", Reason: "has 2001 entries, of which the first 2000 are shown"}}
	if len(m.Menus) != maxMenus || m.Menus[maxMenus-1].Title != "App 1999" || !slices.Equal(m.Unused, want) {
		t.Errorf("one more: %d apps, %+v", len(m.Menus), m.Unused)
	}
}

// A list of IT's own is written by hand, and refused where it cannot be right; whoever
// has signed in stays so.
func TestAppsOfAPolicyAreBounded(t *testing.T) {
	raw := "[" + strings.Repeat("{},", maxMenus) + "{}]"
	var wrong *Error
	if _, err := ParseMenus([]byte(raw), "the policy"); !errors.As(err, &wrong) || wrong.Field != "menus" || !strings.Contains(wrong.Reason, "2001") {
		t.Error(err)
	}
}
