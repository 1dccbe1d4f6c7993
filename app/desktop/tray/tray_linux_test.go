package tray

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/desktop/desktoptest"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/words"
)

const (
	// trayEnv makes the test binary a program with a tray: it shows the states
	// that come in, one a line, and reports what happens.
	trayEnv = "PORTICO_TEST_TRAY"

	itemPath  = dbus.ObjectPath("/StatusNotifierItem")
	itemName  = "org.kde.StatusNotifierItem"
	menuPath  = dbus.ObjectPath("/StatusNotifierItem/menu")
	menuName  = "com.canonical.dbusmenu"
	layoutSig = menuName + ".LayoutUpdated"
)

func TestMain(m *testing.M) {
	if os.Getenv(trayEnv) != "" {
		trayProgram()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func trayProgram() {
	say := func(what string) func() { return func() { fmt.Println(what) } }
	tray := New(desktop.TrayParams{
		Words: words.New("en"), Show: say("show"), SignIn: say("sign in"), SignOut: say("sign out"), Quit: say("quit"),
		OpenApp:       func(id string) { fmt.Println("app " + id) },
		SignInWith:    func(id string) { fmt.Println("sign in with " + id) },
		SignInAnother: say("sign in another"),
		Accounts: func() []localapi.Account {
			return []localapi.Account{{ID: "ada", Name: "Ada", Active: true}, {ID: "grace", Name: "Grace Hopper"}}
		},
		UseAccount:       func(id string) { fmt.Println("use " + id) },
		AskAdministrator: say("ask the administrator"),
		Changed:          func(available bool) { fmt.Println("available", available) },
	})
	tray.busPatience = 2 * time.Second
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		for lines := json.NewDecoder(os.Stdin); ; {
			var s localapi.State
			if lines.Decode(&s) != nil {
				return
			}
			tray.Update(s)
		}
	}()
	fmt.Println("ended:", tray.Run(ctx))
}

// trayClient is such a program, and the panel that shows its icon.
type trayClient struct {
	t       *testing.T
	bus     *dbus.Conn
	items   chan string // who registers
	layouts chan *dbus.Signal
	in      io.WriteCloser
	out     *bufio.Reader
	item    dbus.BusObject
	menu    dbus.BusObject
}

// RegisterStatusNotifierItem is called by programs with an icon.
func (c *trayClient) RegisterStatusNotifierItem(sender dbus.Sender, _ string) *dbus.Error {
	c.items <- string(sender)
	return nil
}

func startTray(t *testing.T, address string) *trayClient {
	t.Helper()
	c := &trayClient{t: t, items: make(chan string, 4), layouts: make(chan *dbus.Signal, 256)}
	c.panel(address)
	program := exec.Command(os.Args[0])
	races := filepath.Join(t.TempDir(), "race")
	program.Env = append(os.Environ(), trayEnv+"=1", "DBUS_SESSION_BUS_ADDRESS="+address,
		"GORACE=exitcode=0 log_path="+races) // see ownRaces
	program.Stderr = os.Stderr
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	t.Cleanup(func() {
		_ = in.Close()
		rest, _ := io.ReadAll(c.out)
		if err := program.Wait(); err != nil {
			t.Errorf("the program ended with %v after %q", err, rest)
		}
		for _, race := range ownRaces(t, races) {
			t.Error(race)
		}
	})
	return c
}

// panel connects the panel to a bus. It shows icons once it owns watcherName.
func (c *trayClient) panel(address string) {
	c.t.Helper()
	c.bus, c.layouts = desktoptest.ConnectBus(c.t, address), make(chan *dbus.Signal, 256)
	if err := c.bus.Export(c, "/StatusNotifierWatcher", watcherName); err != nil {
		c.t.Fatal(err)
	}
}

// ownRaces are what the race detector found in the program, except the library's
// own: it counts the menu's version up under one lock and reads it under another
// (systray's refresh and GetLayout).
func ownRaces(t *testing.T, log string) (found []string) {
	t.Helper()
	files, err := filepath.Glob(log + ".*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, report := range strings.Split(string(text), "WARNING: DATA RACE")[1:] {
			if !strings.Contains(report, "systray.refresh()") || !strings.Contains(report, "systray.(*tray).GetLayout()") {
				found = append(found, report)
			}
		}
	}
	return found
}

func (c *trayClient) expect(line string) {
	c.t.Helper()
	got, err := c.out.ReadString('\n')
	if err != nil || strings.TrimSpace(got) != line {
		c.t.Fatalf("the program says %q, %v, want %q", got, err, line)
	}
}

// registered waits for the icon and looks at it.
func (c *trayClient) registered() {
	c.t.Helper()
	sender := <-c.items
	c.item, c.menu = c.bus.Object(sender, itemPath), c.bus.Object(sender, menuPath)
	if c.bus.AddMatchSignal(dbus.WithMatchSender(sender), dbus.WithMatchInterface(menuName), dbus.WithMatchMember("LayoutUpdated")) != nil {
		c.t.Fatal("the menu cannot be followed")
	}
	c.bus.Signal(c.layouts)
}

func (c *trayClient) update(s localapi.State) {
	c.t.Helper()
	if err := json.NewEncoder(c.in).Encode(s); err != nil {
		c.t.Fatal(err)
	}
}

type menuLayout struct {
	ID         int32
	Properties map[string]dbus.Variant
	Children   []dbus.Variant
}

// lines are the menu's visible lines, with their ids.
func (c *trayClient) lines() ([]string, map[string]int32) {
	c.t.Helper()
	var revision uint32
	var layout menuLayout
	if err := c.menu.Call(menuName+".GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &layout); err != nil {
		c.t.Fatal(err)
	}
	var lines []string
	ids := map[string]int32{}
	for _, child := range layout.Children {
		var item menuLayout
		if err := dbus.Store([]any{child.Value()}, &item); err != nil {
			c.t.Fatal(err)
		}
		property := func(name string) any { return item.Properties[name].Value() }
		switch {
		case property("visible") == false:
			continue
		case property("type") == "separator":
			lines = append(lines, "-")
			continue
		}
		label, _ := property("label").(string)
		ids[label] = item.ID
		if property("enabled") == false {
			label = "(" + label + ")"
		}
		lines = append(lines, label)
		for _, choice := range item.Children {
			var entry menuLayout
			if err := dbus.Store([]any{choice.Value()}, &entry); err != nil {
				c.t.Fatal(err)
			}
			if name, _ := entry.Properties["label"].Value().(string); entry.Properties["visible"].Value() != false {
				ids[name] = entry.ID
				lines = append(lines, "> "+name)
			}
		}
	}
	return lines, ids
}

// menuIs waits until the menu has these lines and returns their ids.
func (c *trayClient) menuIs(want ...string) map[string]int32 {
	c.t.Helper()
	for {
		got, ids := c.lines()
		if cmp.Equal(want, got) {
			return ids
		}
		select {
		case <-c.layouts:
		case <-c.t.Context().Done():
			c.t.Fatalf("the menu stays (-want +got):\n%s", cmp.Diff(want, got))
		}
	}
}

func (c *trayClient) property(name string) any {
	c.t.Helper()
	v, err := c.item.GetProperty(itemName + "." + name)
	if err != nil {
		c.t.Fatal(err)
	}
	return v.Value()
}

func (c *trayClient) click(id int32) {
	c.t.Helper()
	if err := c.menu.Call(menuName+".Event", 0, id, "clicked", dbus.MakeVariant(""), uint32(0)).Err; err != nil {
		c.t.Fatal(err)
	}
}

func TestTrayOnAPanel(t *testing.T) {
	address, _ := desktoptest.StartBus(t)
	c := startTray(t, address)
	c.update(trayState(localapi.SignedOut))
	desktoptest.Own(t, c.bus, watcherName) // the panel comes up later than the program
	c.registered()
	c.expect("available true")

	ids := c.menuIs("(Not signed in)", "-", "Open Contoso IT", "Mail", "-", "Sign in", "Use another account", "> Grace Hopper", "> Sign in as somebody else…", "-", "Quit Portico")
	if got := c.property("Title"); got != "Portico" {
		t.Errorf("title %v", got)
	}
	signedOut := c.property("IconPixmap")
	c.click(ids["Sign in"])
	c.expect("sign in")
	c.click(ids["Open Contoso IT"])
	c.expect("show")
	c.click(ids["Mail"])
	c.expect("app mail")

	c.update(trayState(localapi.SignedOut, func(s *localapi.State) {
		s.Portal.Providers = []localapi.Provider{{ID: "work", Title: "Work"}, {ID: "school", Title: "School"}}
		s.Portal.Apps = nil
	}))
	ids = c.menuIs("(Not signed in)", "-", "Open Contoso IT", "-", "Sign in", "> Work", "> School",
		"Use another account", "> Grace Hopper", "> Sign in as somebody else…", "-", "Quit Portico")
	c.click(ids["School"])
	c.expect("sign in with school")
	c.click(ids["Grace Hopper"])
	c.expect("use grace")
	c.click(ids["Sign in as somebody else…"])
	c.expect("sign in another")
	c.update(trayState(localapi.Blocked, func(s *localapi.State) {
		s.Session.Problem, s.Session.Consent = &localapi.Problem{Code: localapi.ConsentNeeded}, &localapi.Consent{Mail: "mailto:", Waiting: true}
		s.Portal.Apps = nil
	}))
	ids = c.menuIs("(Waiting for your administrator…)", "-", "Open Contoso IT", "-", "Write to your administrator", "Sign in",
		"Use another account", "> Grace Hopper", "> Sign in as somebody else…", "-", "Quit Portico")
	c.click(ids["Write to your administrator"])
	c.expect("ask the administrator")

	signedIn := trayState(localapi.SignedIn, func(s *localapi.State) {
		s.Session.Account.Email = "ada_l@contoso.example"
		s.Portal.Apps[1].URL = "https://pay.example"
	})
	c.update(signedIn)
	c.menuIs("(Signed in as ada__l@contoso.example)", "-", "Open Contoso IT", "Mail", "Payroll", "-",
		"Use another account", "> Grace Hopper", "> Sign in as somebody else…", "Sign out", "-", "Quit Portico")
	if cmp.Equal(signedOut, c.property("IconPixmap")) {
		t.Error("the icon stays the same")
	}
	if tooltip := fmt.Sprint(c.property("ToolTip")); !strings.Contains(tooltip, "Signed in as ada_l@contoso.example") {
		t.Errorf("tooltip %s", tooltip)
	}
	kiosk := signedIn
	kiosk.Kiosk = true
	c.update(kiosk)
	c.menuIs("(Signed in as ada__l@contoso.example)", "-", "Open Contoso IT", "Mail", "Payroll", "-",
		"Use another account", "> Grace Hopper", "> Sign in as somebody else…", "Sign out", "-")
	c.update(signedIn)
	ids = c.menuIs("(Signed in as ada__l@contoso.example)", "-", "Open Contoso IT", "Mail", "Payroll", "-",
		"Use another account", "> Grace Hopper", "> Sign in as somebody else…", "Sign out", "-", "Quit Portico")
	c.click(ids["Payroll"])
	c.expect("app pay")
	c.click(ids["Sign out"])
	c.expect("sign out")
	if err := c.item.Call(itemName+".Activate", 0, int32(0), int32(0)).Err; err != nil {
		t.Error(err)
	}
	c.expect("show")

	if _, err := c.bus.ReleaseName(watcherName); err != nil { // the panel restarts
		t.Fatal(err)
	}
	c.expect("available false")
	desktoptest.Own(t, c.bus, watcherName)
	<-c.items
	c.expect("available true")

	c.click(ids["Quit Portico"])
	c.expect("quit")
	_ = c.in.Close()
	c.expect("available false")
	c.expect("ended: <nil>")
}

func TestTrayWaitsForAPanel(t *testing.T) {
	address, _ := desktoptest.StartBus(t)
	c := startTray(t, address)
	c.update(trayState(localapi.SignedOut))
	_ = c.in.Close()
	c.expect("ended: <nil>")
}

func TestTheEndOfTheSessionBusEndsTheTray(t *testing.T) {
	address, stop := desktoptest.StartBus(t)
	c := startTray(t, address)
	desktoptest.Own(t, c.bus, watcherName)
	c.registered()
	c.expect("available true")
	stop()
	c.expect("available false")
	c.expect("ended: the session bus has ended")
}

func TestTrayIsThereAgainAfterARestartOfTheSessionBus(t *testing.T) {
	address, stop, again := desktoptest.StartBusAgain(t)
	c := startTray(t, address)
	c.update(trayState(localapi.SignedOut))
	desktoptest.Own(t, c.bus, watcherName)
	c.registered()
	c.expect("available true")
	for range 2 {
		stop()
		c.expect("available false")
		c.update(trayState(localapi.SignedIn)) // while there is no bus
		stop = again()
		c.panel(address)
		desktoptest.Own(t, c.bus, watcherName)
		c.registered()
		c.expect("available true")
		ids := c.menuIs("(Signed in as ada@contoso.example)", "-", "Open Contoso IT", "Mail", "-",
			"Use another account", "> Grace Hopper", "> Sign in as somebody else…", "Sign out", "-", "Quit Portico")
		c.click(ids["Sign out"])
		c.expect("sign out")
	}
	_ = c.in.Close()
	c.expect("available false")
	c.expect("ended: <nil>")
}

func TestTrayWithoutASessionBus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	tray := New(desktop.TrayParams{Words: words.New("en")})
	if err := tray.Run(t.Context()); !errors.Is(err, ErrNoTray) {
		t.Errorf("got %v, want %v", err, ErrNoTray)
	}
}
