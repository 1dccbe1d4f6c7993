package diag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/redact"
	"github.com/portico-desktop/portico/app/words"
)

const (
	bundleLog     = 512 << 10 // bytes
	bundleSignIns = 200       // lines
)

// BundleParams are the parts of a bundle. An error in place of a document becomes its
// text: support wants the rest all the same.
type BundleParams struct {
	// Now names the bundle, and file times are shown in its zone.
	Now   time.Time
	Words *words.Words
	Paths desktop.Paths
	// LogDir is the folder of the log, the record of sign-ins and crashes, "" for none.
	LogDir string
	Env    func(string) string

	Check     localapi.CheckReport
	CheckErr  error
	Policy    localapi.PolicyReport
	PolicyErr error
	// State is nil without a running agent.
	State *localapi.State
}

// NewBundle gathers everything that support wants to see. Nothing in it lets anybody
// in: addresses to open, codes and the like are for one moment only and left out, and
// every text passes [redact.Text].
func NewBundle(p BundleParams) localapi.Bundle {
	b := localapi.Bundle{Name: "portico-support-" + p.Now.UTC().Format("20060102-150405") + ".zip", Time: p.Now.UTC().Truncate(time.Second)}
	add := func(name, text string, err error) {
		if err != nil {
			text = strings.TrimSpace(text+"\n"+p.Words.Text("bundle.unreadable", "Error", err.Error())) + "\n"
		}
		if text != "" {
			b.Files = append(b.Files, localapi.BundleFile{Name: name, Text: redact.Text(text)})
		}
	}
	var report bytes.Buffer
	if p.CheckErr == nil {
		Text{Words: p.Words, Everything: true}.Write(&report, p.Check)
	}
	add("doctor.txt", report.String(), p.CheckErr)
	if p.CheckErr == nil {
		add("doctor.json", document(p.Check), nil)
	}
	if p.State != nil {
		add("state.json", document(shown(*p.State)), nil)
	}
	if p.PolicyErr != nil {
		add("policy.json", "", p.PolicyErr)
	} else {
		add("policy.json", document(p.Policy), nil)
	}
	add("versions.txt", versions(p), nil)
	if p.LogDir != "" {
		log, err := Tail(filepath.Join(p.LogDir, LogFile), bundleLog)
		add(LogFile, log, err)
		signIns, err := SignIns(p.LogDir, bundleSignIns)
		add(SignInsFile, signIns, err)
		crashes, err := Crashes(p.LogDir)
		add("crash.txt", crashes, err)
	}
	b.Files = append([]localapi.BundleFile{{Name: "README.txt", Text: readme(p, b)}}, b.Files...)
	return b
}

// document is JSON for people to read.
func document(v any) string {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error() + "\n"
	}
	return string(raw) + "\n"
}

// shown is the state without whatever lets somebody continue a sign-in: its address and
// codes, and addresses with the person in them.
func shown(s localapi.State) localapi.State {
	if in := s.Session.SignIn; in != nil {
		s.Session.SignIn = &localapi.SignIn{
			Provider: in.Provider, Stage: in.Stage, MemoryOnly: in.MemoryOnly, Pasteable: in.Pasteable, Stranger: in.Stranger, Started: in.Started, Deadline: in.Deadline,
		}
	}
	if c := s.Session.Consent; c != nil {
		without := *c
		without.Mail = ""
		s.Session.Consent = &without
	}
	if s.Portal != nil {
		portal := *s.Portal
		portal.Apps = make([]localapi.App, len(s.Portal.Apps))
		for i, app := range s.Portal.Apps {
			app.URL = ""
			portal.Apps[i] = app
		}
		s.Portal = &portal
	}
	return s
}

// readme says what each file is, and names the person whose data are in it.
func readme(p BundleParams, b localapi.Bundle) string {
	var text strings.Builder
	width := 0
	for _, f := range b.Files {
		width = max(width, len(f.Name))
	}
	fmt.Fprintf(&text, "%s\n\n%s\n\n", p.Words.Text("bundle.readme.title", "Time", p.Now.Format("2006-01-02 15:04 MST")), p.Words.Text("bundle.readme.nothing-sent"))
	for _, f := range b.Files {
		fmt.Fprintf(&text, "  %-*s  %s\n", width, f.Name, p.Words.Text("bundle."+f.Name))
	}
	fmt.Fprintf(&text, "\n%s\n\n%s\n", p.Words.Text("bundle.readme.personal"), p.Words.Text("bundle.readme.secrets"))
	return text.String()
}
