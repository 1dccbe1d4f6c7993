package diag

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/assets"
)

func signedIn() session.Audit {
	return session.Audit{
		Time: time.Date(2026, 5, 6, 9, 8, 9, 0, time.FixedZone("CEST", 7200)), Event: session.AuditSignIn, Provider: "m365",
		Issuer: "https://login.example/v2.0", Account: "ada@contoso.example", Method: "browser",
	}
}

func refused() session.Audit {
	a := signedIn()
	a.Account, a.Issuer = "", ""
	a.Problem = &localapi.Problem{Code: localapi.NotAssigned, Params: map[string]string{"title": canary}, Details: &localapi.Details{
		Error: "refresh_token=" + canary, OAuthError: "access_denied", Numbers: []string{"AADSTS50105"}, CorrelationID: "0a1b2c3d-1111-2222-3333-444455556666",
	}}
	return a
}

// record returns the lines that a place took.
func record(t *testing.T, where string, all ...session.Audit) (file, system []SignInLine) {
	t.Helper()
	dir := t.TempDir()
	l := NewAuditLog(dir)
	l.system = func(line SignInLine, raw []byte) error {
		var said SignInLine
		if err := json.Unmarshal(raw, &said); err != nil || !cmp.Equal(line, said) {
			t.Errorf("the system is told %s (%v)", raw, err)
		}
		system = append(system, line)
		return nil
	}
	for _, a := range all {
		if err := l.Record(where, a); err != nil {
			t.Error(err)
		}
	}
	text, err := SignIns(dir, 100)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text) {
		var l SignInLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		file = append(file, l)
	}
	return file, system
}

func TestRecordGoesWhereThePolicyWantsIt(t *testing.T) {
	for where, want := range map[string][2]int{"off": {0, 0}, "file": {2, 0}, "system": {0, 2}, "both": {2, 2}, "": {0, 0}, "sideways": {0, 0}} {
		file, system := record(t, where, signedIn(), refused())
		if got := [2]int{len(file), len(system)}; got != want {
			t.Errorf("%q: file and system have %d lines, want %d", where, got, want)
		}
	}
}

func TestRecordHasItsMembersAndNoMore(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	lines, _ := record(t, "file", signedIn(), refused())
	at := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	want := []SignInLine{
		{
			Time: at, Event: "sign-in", Provider: "m365", Issuer: "https://login.example/v2.0", Account: "ada@contoso.example", Method: "browser",
			Outcome: "ok", Build: assets.Version, Host: host,
		},
		{
			Time: at, Event: "sign-in", Provider: "m365", Method: "browser", Outcome: "refused", Reason: "not-assigned", Numbers: []string{"AADSTS50105"},
			CorrelationID: "0a1b2c3d-1111-2222-3333-444455556666", Build: assets.Version, Host: host,
		},
	}
	if diff := cmp.Diff(want, lines, cmpopts.IgnoreFields(SignInLine{}, "OSUser")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lines[0].OSUser == "" {
		t.Error("whose log-on session it was is not said")
	}
}

// Every line that there can be is one of the schema's.
func TestRecordIsAsItsSchemaSays(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../../assets/schema/sign-ins.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	events := []session.AuditEvent{session.AuditSignIn, session.AuditRenewal, session.AuditSignOut, session.AuditDropped, session.AuditForget, session.AuditPolicy}
	ids := map[uint32]bool{}
	for _, event := range events {
		for _, method := range []string{"browser", "device", "pasted", "silent", ""} {
			for code := range localapi.Codes() {
				for _, a := range []session.Audit{signedIn(), refused()} {
					a.Event, a.Method, a.Policies = event, method, []string{"PortalURL"}
					if a.Problem != nil {
						a.Problem.Code = code
					}
					line := lineOf(a)
					ids[line.EventID()] = true
					raw, err := json.Marshal(line)
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(string(raw), canary) {
						t.Fatalf("the record holds what it must not: %s", raw)
					}
					value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(raw)))
					if err != nil {
						t.Fatal(err)
					}
					if err := schema.Validate(value); err != nil {
						t.Fatalf("%s: %v", raw, err)
					}
				}
			}
		}
	}
	if len(ids) != len(events)*4 {
		t.Errorf("%d event ids for %d events with 4 outcomes", len(ids), len(events))
	}
	for id := range ids {
		if id < 100 || id > 153 {
			t.Errorf("event id %d: outside of what is documented, and of what EventCreate.exe knows", id)
		}
	}
	for _, bad := range []string{`{}`, `{"time":"2026-05-06T07:08:09+02:00","event":"sign-in","outcome":"ok","build":"1"}`, `{"time":"2026-05-06T07:08:09Z","event":"sign-in","outcome":"failed","build":"1"}`} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
}

func TestOutcomes(t *testing.T) {
	for code, want := range map[localapi.Code]Outcome{
		localapi.Cancelled: OutcomeCancelled, localapi.TimedOut: OutcomeCancelled, localapi.Declined: OutcomeRefused, localapi.NotAssigned: OutcomeRefused,
		localapi.ConsentNeeded: OutcomeRefused, localapi.SignInRevoked: OutcomeRefused, localapi.DomainNotAllowed: OutcomeRefused, localapi.SignInTurnedOff: OutcomeRefused, localapi.PolicyUnclear: OutcomeRefused,
		localapi.ProviderUnreachable: OutcomeFailed, localapi.Untrusted: OutcomeFailed, localapi.KeyStoreLocked: OutcomeFailed, localapi.SecretExpired: OutcomeFailed,
	} {
		if got := outcomeOf(&localapi.Problem{Code: code}); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	if got := outcomeOf(nil); got != OutcomeOK {
		t.Errorf("nothing wrong: %s", got)
	}
}

func TestRecordTellsWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "in the way")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := NewAuditLog(filepath.Join(file, "logs"))
	told := false
	l.system = func(SignInLine, []byte) error { told = true; return nil }
	if err := l.Record("both", signedIn()); err == nil || !told {
		t.Errorf("error %v, the system told: %v; want an error, and the other place all the same", err, told)
	}
}

// A system's log that hangs holds nobody up for long.
func TestSystemsLogThatHangsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		l := NewAuditLog("")
		l.system = func(SignInLine, []byte) error { <-release; return nil }
		before := time.Now()
		if err := l.Record("system", signedIn()); err == nil || time.Since(before) != systemPatience {
			t.Errorf("%v after %v", err, time.Since(before))
		}
		close(release)
		l.system = func(SignInLine, []byte) error { return errors.New("full") }
		if err := l.Record("system", signedIn()); err == nil {
			t.Error("no error")
		}
	})
}

func TestRecordKeepsItsLastLines(t *testing.T) {
	dir := t.TempDir()
	l := NewAuditLog(dir)
	l.file.size = 2000
	for range 100 {
		if err := l.Record("file", signedIn()); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1+signInsKept {
		t.Errorf("%v, %v", files, err)
	}
	if info, err := os.Stat(files[0]); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if text, err := SignIns(dir, 7); err != nil || strings.Count(text, "\n") != 7 || !strings.HasPrefix(text, "{") {
		t.Errorf("%q, %v", text, err)
	}
}

// Administrators copy from AUDIT.md.
func TestRecordIsAsItsGuideSays(t *testing.T) {
	guide, err := os.ReadFile("AUDIT.md")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("../../assets/schema/sign-ins.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```json\n(.*?)\n```").FindSubmatch(guide)
	if example == nil {
		t.Fatal("there is no example")
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(example[1]))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
	for _, event := range []session.AuditEvent{session.AuditSignIn, session.AuditRenewal, session.AuditSignOut, session.AuditDropped, session.AuditForget, session.AuditPolicy} {
		var ids []string
		for _, outcome := range []Outcome{OutcomeOK, OutcomeRefused, OutcomeFailed, OutcomeCancelled} {
			ids = append(ids, strconv.Itoa(int(SignInLine{Event: event, Outcome: outcome}.EventID())))
		}
		row := regexp.MustCompile("(?m)^\\| `" + string(event) + "` \\|.*$").Find(guide)
		if !strings.HasSuffix(string(row), "| "+strings.Join(ids, " | ")+" |") {
			t.Errorf("%s has the ids %v; the guide says %q", event, ids, row)
		}
	}
	var line SignInLine
	for i := range reflect.TypeOf(line).NumField() {
		name, _, _ := strings.Cut(reflect.TypeOf(line).Field(i).Tag.Get("json"), ",")
		if !strings.Contains(string(guide), "`"+name+"`") {
			t.Errorf("the guide does not name %s", name)
		}
	}
}
