package network

import (
	"os"
	"slices"
	"strings"
)

// readSystem reads the settings of this person's desktop, from files: without a proxy
// nobody pays for more.
func readSystem() (system, error) { return readDesktop(os.Getenv) }

func readDesktop(env func(string) string) (system, error) {
	desktops := strings.FieldsFunc(env("XDG_CURRENT_DESKTOP"), func(r rune) bool { return r == ':' || r == ';' })
	if slices.Contains(desktops, "KDE") {
		return readKDE(env), nil
	}
	if len(desktops) > 0 && !slices.ContainsFunc(desktops, sharesGNOME) {
		return system{}, nil // a desktop without settings for proxies
	}
	settings, err := readDconf(env)
	return settings.system(), err
}

// sharesGNOME is true if a desktop's own settings program writes org.gnome.system.proxy.
func sharesGNOME(desktop string) bool {
	return slices.Contains([]string{
		"GNOME", "GNOME-Classic", "GNOME-Flashback", "Unity", "X-Cinnamon", "Cinnamon", "MATE", "Budgie", "Pantheon", "Deepin", "DDE", "UKUI", "Phosh",
	}, desktop)
}
