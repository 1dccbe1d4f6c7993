// Package contoso is Contoso IT, a made-up company, as a whole portal for a gateway: apps in
// groups, a catalogue of forms, articles, news, and the requests of its people. Begin at
// [Write] and [Requests].
//
// The folder portal holds what an IT team writes, as a gateway takes it; the other files
// hold what people did before the demo begins. Every element, rule and format of a form is
// used somewhere. The package knows no gateway.
package contoso

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

//go:embed portal news.json outage.json people.json requests.json
var files embed.FS

// Write makes a gateway's folder of the portal's files in dir, with these ways to sign in
// and, where it is not empty, the address of Portal API 1. Files there are replaced.
func Write(dir, api string, providers ...demoportal.Provider) error {
	err := fs.WalkDir(files, "portal", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("portal", filepath.FromSlash(name))
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if d.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		raw, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		if rel == "portico.json" {
			if raw, err = completed(raw, api, providers); err != nil {
				return err
			}
		}
		return os.WriteFile(to, raw, 0o600)
	})
	for name, picture := range demoportal.Logos() {
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, "public"), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "public", name), picture, 0o600)
		}
	}
	if err != nil {
		return fmt.Errorf("write Contoso's portal: %w", err)
	}
	return nil
}

// completed is the manifest with what only a running demo knows, and with the apps that are
// for everybody: a program without the API shows those.
func completed(raw []byte, api string, providers []demoportal.Provider) ([]byte, error) {
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("the manifest: %w", err)
	}
	apps, err := everybodys()
	if err != nil {
		return nil, err
	}
	m["menus"], m["providers"] = apps, providers
	if providers == nil {
		m["providers"] = []demoportal.Provider{}
	}
	if api != "" {
		m["api"] = map[string]any{"url": api}
		m["tickets"] = map[string]any{"connector": "portal"}
	}
	return json.MarshalIndent(m, "", "  ")
}

func everybodys() ([]any, error) {
	apps := []any{}
	names, err := fs.Glob(files, "portal/menus/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		var menus struct {
			Audience any
			Menus    []any
		}
		if err := read(name, &menus); err != nil {
			return nil, err
		}
		if menus.Audience == nil {
			apps = append(apps, menus.Menus...)
		}
	}
	return apps, nil
}

// Person is somebody of Contoso. Only the first two can sign in to the demo.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	// Subject is the person's sub at the demo's provider.
	Subject string `json:"subject"`
}

// People are all of them.
func People() ([]Person, error) {
	var people []Person
	return people, read("people.json", &people)
}

// News is an announcement.
type News struct {
	Title, Body, Severity, URL string
	From, Updated              time.Time
	Until                      *time.Time
	// Ack: people are asked to say that they have read it.
	Ack bool
}

// Announcements are the news at a moment.
func Announcements(now time.Time) ([]News, error) {
	var all []written
	if err := read("news.json", &all); err != nil {
		return nil, err
	}
	news := make([]News, len(all))
	for i, w := range all {
		var err error
		if news[i], err = w.at(now); err != nil {
			return nil, err
		}
	}
	return news, nil
}

// Outage is the outage to be switched on.
func Outage(now time.Time) (News, error) {
	var w written
	if err := read("outage.json", &w); err != nil {
		return News{}, err
	}
	return w.at(now)
}

// written is an announcement with its times as they are written: see [after].
type written struct {
	Title, Body, Severity, URL string
	From, Until, Updated       string
	Ack                        bool
}

func (w written) at(now time.Time) (News, error) {
	n := News{Title: w.Title, Body: w.Body, Severity: w.Severity, URL: w.URL, Ack: w.Ack}
	var errs [3]error
	n.From, errs[0] = after(now, w.From)
	n.Updated, errs[1] = after(now, w.Updated)
	if w.Until != "" {
		var until time.Time
		until, errs[2] = after(now, w.Until)
		n.Until = &until
	}
	return n, errors.Join(errs[:]...)
}

// after is a moment by its distance from now: "-2d", "+4h", "-30m".
func after(now time.Time, distance string) (time.Time, error) {
	if distance == "" {
		return time.Time{}, errors.New("a time is missing")
	}
	n, err := strconv.Atoi(distance[:len(distance)-1])
	unit, ok := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute}[distance[len(distance)-1]]
	if err != nil || !ok {
		return time.Time{}, fmt.Errorf("%q is no distance in time", distance)
	}
	return now.Add(time.Duration(n) * unit).UTC().Truncate(time.Second), nil
}

func read(name string, into any) error {
	raw, err := files.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		return fmt.Errorf("Contoso's %s: %w", name, err)
	}
	return nil
}
