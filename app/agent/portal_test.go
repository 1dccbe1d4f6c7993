package agent

import (
	"net"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/words"
)

// nobody is the address of a portal that is down.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// Nobody is sent to look for a slip in what they have not written.
func TestOnlyWhoeverTypedAnAddressChecksItsSpelling(t *testing.T) {
	for name, tc := range map[string]struct {
		policy, given bool
		spelling      bool
	}{"by IT": {policy: true}, "of this run": {given: true, spelling: true}} {
		t.Run(name, func(t *testing.T) {
			o, address := newOffice(t), nobody(t)
			if tc.policy {
				o.decided(said{policy.PortalURL: address})
			}
			if tc.given {
				o.change = func(p *Params) { p.Start.Portal = address }
			}
			r := o.start()
			s := r.await(func(s localapi.State) bool { return s.PortalProblem != nil })
			next := words.New("en").Problem(s.PortalProblem).Next
			if s.PortalProblem.Code != localapi.PortalUnreachable || strings.Contains(next, "spelling") != tc.spelling {
				t.Errorf("%s: %s", s.PortalProblem.Code, next)
			}
			report, err := r.Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range report.Checks {
				if c.ID == "tls" && (c.Problem == nil || strings.Contains(words.New("en").Problem(c.Problem).Next, "spelling") != tc.spelling) {
					t.Errorf("the doctor says %+v", c.Problem)
				}
			}
		})
	}
}

// A portal is asked where its copy has had its time or is no good, and for whoever looks.
func TestPortalIsAskedOnceItsCopyWasTried(t *testing.T) {
	for known, want := range map[portal.Stage]struct{ alone, watched bool }{
		portal.Nowhere: {}, portal.Unread: {}, portal.Fresh: {}, portal.Copied: {watched: true},
		portal.Stale: {true, true}, portal.Failing: {true, true},
	} {
		if alone, watched := dueAtStart(known, false), dueAtStart(known, true); alone != want.alone || watched != want.watched {
			t.Errorf("%s: asked %v, and %v where somebody watches", known, alone, watched)
		}
	}
}

// A copy that is still good says nothing about the portal, which may be down.
func TestACopyIsNoPortalThatAnswers(t *testing.T) {
	o := newOffice(t)
	o.change = func(p *Params) { p.Desktop = true }
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	before := r.await(phase(localapi.SignedOut)).PortalChecked
	reads := o.reads.Load()
	r.await(phase(localapi.SignedOut))
	if again := o.reads.Load(); again != reads {
		t.Errorf("%d reads: a portal that was just read is not read again", again)
	}
	r.stop()
	r = o.start() // which nobody watches at first
	before = r.await(func(s localapi.State) bool { return s.PortalChecked.After(before) }).PortalChecked
	r.stop()
	o.down.Store(true)
	again := o.start()
	s := again.await(func(s localapi.State) bool { return s.PortalProblem != nil })
	if s.Portal == nil || !s.PortalChecked.Equal(before) {
		t.Errorf("the copy of %v is of %v", before, s.PortalChecked)
	}
}
