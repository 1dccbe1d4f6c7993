package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/assets"
)

// SignInsFile is the record of sign-ins, below desktop.Paths.Logs: one JSON object a
// line, as assets/schema/sign-ins.schema.json describes it. AUDIT.md is about it.
const SignInsFile = "sign-ins.jsonl"

const (
	signInsSize = 1 << 20
	signInsKept = 5
)

// systemPatience is how long the operating system's log may take. It usually takes
// microseconds, and a log that hangs must not hold up a sign-in.
const systemPatience = 2 * time.Second

// Outcome is the result of a sign-in, as the record has it.
type Outcome string

const (
	OutcomeOK Outcome = "ok"
	// OutcomeRefused: the provider, a rule of the portal or a policy said no.
	OutcomeRefused Outcome = "refused"
	// OutcomeFailed: something did not work.
	OutcomeFailed Outcome = "failed"
	// OutcomeCancelled: the person gave up, or did not come back in time.
	OutcomeCancelled Outcome = "cancelled"
)

// SignInLine is one line of the record. Members are only ever added.
type SignInLine struct {
	// Time is in UTC.
	Time     time.Time          `json:"time"`
	Event    session.AuditEvent `json:"event"`
	Provider string             `json:"provider,omitempty"`
	Issuer   string             `json:"issuer,omitempty"`
	Account  string             `json:"account,omitempty"`
	Method   string             `json:"method,omitempty"`
	Outcome  Outcome            `json:"outcome"`
	// Reason is a code of [localapi.Codes], "" with OutcomeOK.
	Reason localapi.Code `json:"reason,omitempty"`
	// Numbers and CorrelationID are the provider's own, as in "AADSTS50105".
	Numbers       []string `json:"numbers,omitempty"`
	CorrelationID string   `json:"correlation_id,omitempty"`
	// Policies are the keys that IT has decided otherwise than before, for the event
	// "policy".
	Policies []string `json:"policies,omitempty"`
	// Build is Portico's version, Host the computer's name, OSUser the owner of the
	// log-on session.
	Build  string `json:"build"`
	Host   string `json:"host,omitempty"`
	OSUser string `json:"os_user,omitempty"`
}

// AuditLog records sign-ins. It is safe for concurrent use.
type AuditLog struct {
	file *rotating // nil for none
	// system passes a line on to the operating system's log.
	system func(SignInLine, []byte) error
}

// NewAuditLog records below dir, "" for no file. Nothing is opened before there is
// something to record.
func NewAuditLog(dir string) *AuditLog {
	l := &AuditLog{system: writeSystem}
	if dir != "" {
		l.file = &rotating{path: filepath.Join(dir, SignInsFile), size: signInsSize, kept: signInsKept}
	}
	return l
}

// Record writes one line to the place in the policy AuditLog: "file", "system", "both";
// "off" and anything else mean no line. It waits for the system's log for two seconds
// at most.
func (l *AuditLog) Record(where string, a session.Audit) error {
	toFile := l.file != nil && (where == "file" || where == "both")
	toSystem := where == "system" || where == "both"
	if !toFile && !toSystem {
		return nil
	}
	line := lineOf(a)
	raw, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("record a sign-in: %w", err)
	}
	var fileErr, systemErr error
	if toFile {
		_, fileErr = l.file.Write(append(raw[:len(raw):len(raw)], '\n'))
	}
	if toSystem {
		systemErr = l.toSystem(line, raw)
	}
	if err := errors.Join(fileErr, systemErr); err != nil {
		return fmt.Errorf("record a sign-in: %w", err)
	}
	return nil
}

func (l *AuditLog) toSystem(line SignInLine, raw []byte) error {
	done, write := make(chan error, 1), l.system
	// Nobody waits for it when the system's log hangs: there is no way to call a
	// write to it off.
	go func() { done <- write(line, raw) }()
	limit := time.NewTimer(systemPatience)
	defer limit.Stop()
	select {
	case err := <-done:
		return err
	case <-limit.C:
		return errors.New("the system's log does not answer")
	}
}

func lineOf(a session.Audit) SignInLine {
	line := SignInLine{
		Time: a.Time.UTC().Truncate(time.Millisecond), Event: a.Event, Provider: a.Provider, Issuer: a.Issuer, Account: a.Account, Method: a.Method, Policies: a.Policies,
		Outcome: outcomeOf(a.Problem), Build: assets.Version, OSUser: osUser(),
	}
	line.Host, _ = os.Hostname()
	if p := a.Problem; p != nil {
		line.Reason = p.Code
		if p.Details != nil {
			line.Numbers, line.CorrelationID = p.Details.Numbers, p.Details.CorrelationID
		}
	}
	return line
}

func osUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func outcomeOf(p *localapi.Problem) Outcome {
	switch {
	case p == nil:
		return OutcomeOK
	case p.Code == localapi.SignInTurnedOff, p.Code == localapi.PolicyUnclear:
		return OutcomeRefused
	}
	switch p.Exit() {
	case localapi.ExitCancelled:
		return OutcomeCancelled
	case localapi.ExitRefused, localapi.ExitConsent, localapi.ExitSignInNeeded:
		return OutcomeRefused
	}
	return OutcomeFailed
}

// EventID is a line's number in the Windows event log, from 100 to 153: tens are the
// event, ones the outcome. They never change. Numbers above 1,000 would need a message
// file of our own.
func (l SignInLine) EventID() uint32 {
	id := uint32(100)
	for i, event := range []session.AuditEvent{session.AuditSignIn, session.AuditRenewal, session.AuditDropped, session.AuditSignOut, session.AuditForget, session.AuditPolicy} {
		if event == l.Event {
			id += 10 * uint32(i)
		}
	}
	for i, outcome := range []Outcome{OutcomeOK, OutcomeRefused, OutcomeFailed, OutcomeCancelled} {
		if outcome == l.Outcome {
			id += uint32(i)
		}
	}
	return id
}

// worthAWarning is true if an administrator may want to look at the line.
func (l SignInLine) worthAWarning() bool {
	return l.Outcome == OutcomeRefused || l.Outcome == OutcomeFailed
}

// SignIns returns the last lines of the record, at most limit, oldest first.
func SignIns(dir string, limit int) (string, error) {
	text, err := Tail(filepath.Join(dir, SignInsFile), 2*signInsSize)
	if err != nil {
		return "", err
	}
	return lastLines(text, limit), nil
}
