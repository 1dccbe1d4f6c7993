package desktop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/portico-desktop/portico/app/desktop/desktoptest"
)

// notificationDaemon stands in for the part of a desktop that shows notifications.
type notificationDaemon struct{ shown chan notification }

type notification struct {
	app, icon, title, text string
	hints                  map[string]dbus.Variant
	expires                int32
}

// Notify is called by programs (Desktop Notifications Specification 1.2).
func (d *notificationDaemon) Notify(app string, _ uint32, icon, title, text string, _ []string, hints map[string]dbus.Variant, expires int32) (uint32, *dbus.Error) {
	d.shown <- notification{app, icon, title, text, hints, expires}
	return 1, nil
}

func TestPeopleAreToldByANotification(t *testing.T) {
	address, _ := desktoptest.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	bus := desktoptest.ConnectBus(t, address)
	daemon := &notificationDaemon{shown: make(chan notification, 1)}
	if err := bus.Export(daemon, notificationsPath, notificationsName); err != nil {
		t.Fatal(err)
	}
	if _, err := bus.RequestName(notificationsName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if err := Tell(t.Context(), "No window", "This computer has no display.\n\nUse porticoctl."); err != nil {
		t.Fatal(err)
	}
	n := <-daemon.shown
	if n.app != "Portico" || n.icon != appID || n.title != "No window" || !strings.Contains(n.text, "Use porticoctl.") {
		t.Errorf("shown is %+v", n)
	}
	if n.expires != 0 || n.hints["urgency"].Value() != critical {
		t.Errorf("it goes away by itself: %+v", n)
	}
}

// Where nobody shows notifications a dialog does. The programs are stand-ins that note
// what they are called with.
func TestPeopleAreToldByADialogWhereNothingShowsNotifications(t *testing.T) {
	address, _ := desktoptest.StartBus(t)
	for name, tc := range map[string]struct {
		bus      string
		programs map[string]string // and what they end with
		told     string            // by which
		fails    bool
	}{
		"nobody shows notifications": {bus: address, programs: map[string]string{"zenity": "0", "xmessage": "0"}, told: "zenity"},
		"no bus":                     {bus: "unix:path=/nowhere/bus", programs: map[string]string{"xmessage": "0"}, told: "xmessage"},
		"one that cannot":            {bus: address, programs: map[string]string{"kdialog": "1", "zenity": "0"}, told: "zenity"},
		"nothing":                    {bus: address, fails: true},
		"nothing that can":           {bus: address, programs: map[string]string{"xmessage": "1"}, told: "xmessage", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("PATH", dir)
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", tc.bus)
			for program, code := range tc.programs {
				script := "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + filepath.Join(dir, program+".said") + "\nexit " + code + "\n"
				if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o700); err != nil { //nolint:gosec // a program
					t.Fatal(err)
				}
			}
			err := Tell(t.Context(), "No window", "This computer has no display. Größe, „portico“.")
			if (err != nil) != tc.fails {
				t.Errorf("it ends with %v", err)
			}
			if tc.told == "" {
				return
			}
			said, err := os.ReadFile(filepath.Join(dir, tc.told+".said"))
			if err != nil || !strings.Contains(string(said), "No window") || !strings.Contains(string(said), "This computer has no display.") {
				t.Errorf("%s was called with %q, %v", tc.told, said, err)
			}
			letters := "Größe, „portico“."
			if tc.told == "xmessage" { // which knows Latin-1 only
				letters = "Gr\xf6\xdfe, \"portico\"."
			}
			if !strings.Contains(string(said), letters) {
				t.Errorf("%s was called with %q, want %q in it", tc.told, said, letters)
			}
		})
	}
}

func TestNoLineOfAPlainMessageIsCutOff(t *testing.T) {
	path := "/home/ada/" + strings.Repeat("a", messageWidth)
	for in, want := range map[string]string{
		"":                                    "",
		"one\n\ntwo\n":                        "one\n\ntwo\n",
		"two  spaces":                         "two  spaces",
		"Pfad: " + path:                       "Pfad:\n" + path,
		strings.Repeat("größe ", 20) + "ende": strings.TrimSpace(strings.Repeat("größe ", 12)) + "\n" + strings.Repeat("größe ", 8) + "ende",
		strings.Repeat("n", 40) + " " + strings.Repeat("m", 35) + "\nx": strings.Repeat("n", 40) + " " + strings.Repeat("m", 35) + "\nx",
	} {
		if got := folded(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
