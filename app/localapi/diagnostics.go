package localapi

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"time"
)

// Diagnostics is about finding faults, for the person and for support. See [Agent].
type Diagnostics interface {
	// Check looks at everything needed for signing in and the portal, on this computer
	// and on the way, without signing anybody in. It takes as long as the slowest part
	// may take, 30 seconds at most, and changes nothing.
	Check(ctx context.Context) (CheckReport, error)
	// Bundle gathers the files for support, a check included. Nothing in it is secret,
	// and nothing is sent anywhere.
	Bundle(ctx context.Context) (Bundle, error)
}

const (
	check  ask[CheckReport] = "/v1/check"
	bundle ask[Bundle]      = "/v1/bundle"
)

// Check implements [Agent].
func (c *Client) Check(ctx context.Context) (CheckReport, error) { return check.do(ctx, c) }

// Bundle implements [Agent].
func (c *Client) Bundle(ctx context.Context) (Bundle, error) { return bundle.do(ctx, c) }

func serveDiagnostics(a Diagnostics) []route {
	return []route{
		check.serve(a.Check),
		bundle.serve(a.Bundle),
	}
}

// CheckStatus is the result of one check.
type CheckStatus string

const (
	CheckGood    CheckStatus = "good"
	CheckWarning CheckStatus = "warning" // works, but somebody should look at it
	CheckBad     CheckStatus = "bad"
	// CheckSkipped: not looked at, because its needs are bad already, or do not exist
	// here.
	CheckSkipped CheckStatus = "skipped"
)

// CheckReport is the result of a look at this computer and the way out.
type CheckReport struct {
	// Checks come in the order in which one builds on the other.
	Checks []CheckResult `json:"checks"`
	// Cause is the ID of the check with the cause of the others, "" when nothing is
	// bad. Of several with this ID it is the first bad one; see [CheckReport.First].
	Cause string    `json:"cause,omitempty"`
	Time  time.Time `json:"time"`
	// Build is the version of the asked program; OS and Arch are the computer's.
	Build string `json:"build"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
}

// CheckResult is one check.
type CheckResult struct {
	// ID names the check, as in "dns"; the words "check.ID" are its title. Checks of
	// several hosts or providers share it.
	ID string `json:"id"`
	// Group is "computer", "way", "portal" or "sign-in"; the words "check.group.GROUP"
	// are its title.
	Group  string      `json:"group"`
	Status CheckStatus `json:"status"`
	// Subject is a host, an address, a file. "" if the check says it all.
	Subject string `json:"subject,omitempty"`
	// Problem is set with Warning and Bad, in the words of every other problem.
	Problem *Problem `json:"problem,omitempty"`
	// Because is the ID of the check this one was skipped for, "" for none.
	Because string `json:"because,omitempty"`
	// Facts are the findings, for support, as "name: value" in English.
	Facts []string      `json:"facts,omitempty"`
	Took  time.Duration `json:"took,omitempty"`
}

// First is the check for a person to hear of first: the cause, and with nothing bad the
// first warning. It is nil when all is well.
func (r CheckReport) First() *CheckResult {
	status, id := CheckWarning, ""
	if r.Cause != "" {
		status, id = CheckBad, r.Cause
	}
	for i, c := range r.Checks {
		if c.Status == status && (id == "" || c.ID == id) {
			return &r.Checks[i]
		}
	}
	return nil
}

// Bundle is for support. A person is shown it before it leaves.
type Bundle struct {
	// Name is a good file name for it, as in "portico-support-20260102-150405.zip".
	Name  string       `json:"name"`
	Time  time.Time    `json:"time"`
	Files []BundleFile `json:"files"`
}

// BundleFile is one file of a bundle.
type BundleFile struct {
	// Name is a plain file name, as in "doctor.txt"; the words "bundle.NAME" describe the
	// file.
	Name string `json:"name"`
	Text string `json:"text"`
}

// Zip writes the bundle as a zip file: exactly [Bundle.Files].
func (b Bundle) Zip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, f := range b.Files {
		entry, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: b.Time})
		if err != nil {
			return fmt.Errorf("write the bundle: %w", err)
		}
		if _, err := io.WriteString(entry, f.Text); err != nil {
			return fmt.Errorf("write the bundle: %w", err)
		}
	}
	return z.Close()
}
