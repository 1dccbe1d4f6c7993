package session

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// A program that needs no tokens takes what another one has renewed since it was asked,
// once, and says nothing of it in its own record.
func TestRenewalOfAnotherProcessSignsIn(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	asked := time.Now()
	d.noted()
	var told []Audit
	d.change = func(p *Params) {
		p.Since = asked
		p.Audit = func(a Audit) { told = append(told, a) }
	}
	before := len(d.provider.Requests())
	r := d.start()
	now := r.await(phase(localapi.SignedIn))
	if n := len(d.provider.Requests()) - before; n != 0 {
		t.Errorf("%d requests", n)
	}
	if now.Account.Name != "Ada Example" || !now.Account.Remembered || now.Problem != nil {
		t.Errorf("%+v", now.Account)
	}
	if err := r.Refresh(t.Context()); err != nil || len(d.provider.Requests())-before != 1 {
		t.Errorf("later: %v, %d requests", err, len(d.provider.Requests())-before)
	}
	r.stop()
	if len(told) != 0 {
		t.Errorf("recorded: %+v", told)
	}
	// Whoever needs tokens has its own.
	d.change = nil
	d.noted()
	before = len(d.provider.Requests())
	d.start().await(phase(localapi.SignedIn))
	if n := len(d.provider.Requests()) - before; n != 1 {
		t.Errorf("%d requests of a program that needs tokens", n)
	}
}

// noted has another process renew the sign-in, and say so in the record for somebody who
// has waited.
func (d *desk) noted() {
	d.t.Helper()
	r := d.start()
	defer r.stop()
	r.await(phase(localapi.SignedIn))
	account := *r.Person()
	if err := os.WriteFile(filepath.Join(d.dir, account.ID+".wanted"), nil, 0o600); err != nil {
		d.t.Fatal(err)
	}
	if err := r.Refresh(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}
