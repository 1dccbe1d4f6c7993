package desktop

import "strings"

// displayOf names the display for a program's windows, by the environment. Of
// WAYLAND_DISPLAY and DISPLAY a program takes one or the other, so both count. The
// screen within an X display does not count (X(7)), as a window of one is raised from
// another.
func displayOf(env func(string) string) string {
	wayland, x := env("WAYLAND_DISPLAY"), env("DISPLAY")
	if host, number, ok := strings.Cut(x, ":"); ok {
		number, _, _ = strings.Cut(number, ".")
		if host == "unix" || host == "unix/" {
			host = ""
		}
		x = host + ":" + number
	}
	return strings.TrimSpace(wayland + " " + x)
}
