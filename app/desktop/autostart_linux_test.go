package desktop

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWhatStartsPorticoAtLogOn(t *testing.T) {
	const (
		entry              = "[Desktop Entry]\nType=Application\nExec=portico-agent --autostart\n"
		unit               = "[Unit]\nDescription=Portico\n[Service]\nExecStart=/usr/bin/portico-agent --autostart\n"
		shared, mine       = "etc/xdg/autostart/" + AutostartFile, "home/config/autostart/" + AutostartFile
		unitFile           = "usr/systemd/" + AutostartUnit
		globally, byPerson = "etc/systemd/graphical-session.target.wants/" + AutostartUnit, "home/systemd/default.target.wants/" + AutostartUnit
		masked             = "home/systemd/" + AutostartUnit
	)
	for name, test := range map[string]struct {
		files   map[string]string
		desktop []string
		want    []LogOnEntry
	}{
		"nothing":                       {nil, nil, nil},
		"for everybody":                 {map[string]string{shared: entry}, nil, []LogOnEntry{{shared, "portico-agent --autostart"}}},
		"the person's own counts":       {map[string]string{shared: entry, mine: "[Desktop Entry]\nExec=/opt/x --autostart\n"}, nil, []LogOnEntry{{mine, "/opt/x --autostart"}}},
		"the person has taken it away":  {map[string]string{shared: entry, mine: entry + "Hidden=true\n"}, nil, nil},
		"turned off in GNOME":           {map[string]string{mine: entry + "X-GNOME-Autostart-enabled=false\n"}, []string{"ubuntu", "GNOME"}, nil},
		"turned off in GNOME, used KDE": {map[string]string{mine: entry + "X-GNOME-Autostart-enabled=false\n"}, []string{"KDE"}, []LogOnEntry{{mine, "portico-agent --autostart"}}},
		"only in another desktop":       {map[string]string{shared: entry + "OnlyShowIn=GNOME;Unity;\n"}, []string{"KDE"}, nil},
		"not in this desktop":           {map[string]string{shared: entry + "NotShowIn=KDE;\n"}, []string{"KDE"}, nil},
		"a unit that is not enabled":    {map[string]string{unitFile: unit}, nil, nil},
		"a unit for everybody":          {map[string]string{unitFile: unit, globally: unit}, nil, []LogOnEntry{{globally, "/usr/bin/portico-agent --autostart"}}},
		"a unit of the person":          {map[string]string{unitFile: unit, byPerson: unit}, nil, []LogOnEntry{{byPerson, "/usr/bin/portico-agent --autostart"}}},
		"a masked unit":                 {map[string]string{unitFile: unit, globally: unit, masked: ""}, nil, nil},
		"enabled, and gone":             {map[string]string{globally: unit}, nil, nil},
		"both": {map[string]string{shared: entry, unitFile: unit, globally: unit}, nil, []LogOnEntry{
			{shared, "portico-agent --autostart"}, {globally, "/usr/bin/portico-agent --autostart"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range test.files {
				path = filepath.Join(root, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			at := func(dirs ...string) (all []string) {
				for _, d := range dirs {
					all = append(all, filepath.Join(root, d))
				}
				return all
			}
			got := logOnDirs{config: at("home/config", "etc/xdg"), units: at("home/systemd", "etc/systemd", "usr/systemd"), desktop: test.desktop}.entries()
			for i := range got {
				got[i].Place, _ = filepath.Rel(root, got[i].Place)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
