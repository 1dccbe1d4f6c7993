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
