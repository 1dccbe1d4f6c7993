package desktop

import "testing"

func TestDisplaysAreToldApart(t *testing.T) {
	name := func(wayland, x string) string {
		return displayOf(func(key string) string { return map[string]string{"WAYLAND_DISPLAY": wayland, "DISPLAY": x}[key] })
	}
	for _, same := range [][2]string{{":1", ":1.0"}, {":1", "unix:1"}, {"desk:10.0", "desk:10"}} {
		if a, b := name("", same[0]), name("", same[1]); a != b {
			t.Errorf("%s is %q and %s is %q", same[0], a, same[1], b)
		}
	}
	seen := make(map[string]string)
	for _, display := range [][2]string{{"", ""}, {"", ":0"}, {"", ":1"}, {"", "desk:1"}, {"wayland-0", ""}, {"wayland-1", ""}, {"wayland-1", ":1"}} {
		got := name(display[0], display[1])
		if other, known := seen[got]; known {
			t.Errorf("%q and %s are both %q", display, other, got)
		}
		seen[got] = display[0] + " " + display[1]
	}
	if name("", "") != "" {
		t.Error("no display has a name")
	}
}
