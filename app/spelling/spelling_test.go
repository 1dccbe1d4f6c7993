package spelling

import (
	"strings"
	"testing"
)

func TestTheNameThatWasMeantIsFound(t *testing.T) {
	names := []string{"PortalURL", "Providers", "Proxy", "Theme", "Menus", "id"}
	for word, want := range map[string]string{
		"portalurl":              "PortalURL",
		"PortalUrls":             "PortalURL",
		"PortalRUL":              "PortalURL",
		"Provider":               "Providers",
		"Prxoy":                  "Proxy",
		"Themes":                 "Theme",
		"ids":                    "id",
		"idea":                   "",
		"Wallpaper":              "",
		"":                       "",
		strings.Repeat("x", 1e6): "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", word, got, want)
		}
	}
}

// Small letters may take more bytes than capital ones.
func TestNamesThatGrowAreCompared(t *testing.T) {
	long := strings.Repeat("Ⱥ", 21)
	for word, want := range map[string]string{long: strings.ToLower(long), long + "x": strings.ToLower(long), strings.Repeat("Ⱥ", 32): ""} {
		if got := Nearest(word, []string{strings.ToLower(long), strings.Repeat("ⱥ", 32), strings.Repeat("Ⱥ", 23)}); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
