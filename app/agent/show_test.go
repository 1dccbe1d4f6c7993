package agent

import (
	"context"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestWindowsAreAskedToShowAndToldToQuit(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	answered := make(chan localapi.ShowReport, 1)
	var got []localapi.EventType
	for e, err := range r.Watch(t.Context()) {
		if err != nil {
			break
		}
		got = append(got, e.Type)
		switch {
		case len(got) == 1:
			go func() {
				report, err := r.Show(context.WithoutCancel(t.Context()), localapi.ShowRequest{Display: ":1", OnlyOpen: true})
				if err != nil {
					t.Error(err)
				}
				answered <- report
			}()
		case e.Type == localapi.EventShow:
			if e.Display != ":1" {
				t.Errorf("a window on %q is asked for", e.Display)
			}
			if err := r.Shown(t.Context(), localapi.ShowRequest{Display: ":1"}); err != nil {
				t.Error(err)
			}
			if report := <-answered; !report.Raised {
				t.Error("the window has come, and who has asked does not hear of it")
			}
			if err := r.Quit(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	if n := len(got); n < 3 || got[n-1] != localapi.EventQuit {
		t.Errorf("events = %v", got)
	}
}

// starts counts the windows that the agent starts.
func (r *running) starts() chan struct{} {
	started := make(chan struct{}, 8)
	r.windows.open = func() error { started <- struct{}{}; return nil }
	return started
}

func TestShowWithoutAWindowStartsOne(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	started := r.starts()
	if report, err := r.Show(t.Context(), localapi.ShowRequest{}); err != nil || report.Raised {
		t.Fatalf("%+v, %v", report, err)
	}
	<-started
}

// Who watches may be a console, a window that is stopped, or one where nobody looks.
func TestShowStartsAWindowWhereNoneComes(t *testing.T) {
	for name, here := range map[string]bool{"one that is stopped": false, "one on another display": true} {
		o := newOffice(t)
		r := o.start()
		started := r.starts()
		watching := make(chan struct{}, 1)
		go func() {
			for e := range r.Watch(r.life.ctx) {
				if e.Type == localapi.EventShow && here {
					_ = r.Shown(r.life.ctx, localapi.ShowRequest{Display: ":2"})
				}
				select {
				case watching <- struct{}{}:
				default:
				}
			}
		}()
		<-watching
		if report, err := r.Show(t.Context(), localapi.ShowRequest{Display: ":1", OnlyOpen: true}); err != nil || report.Raised {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		if len(started) > 0 {
			t.Errorf("%s: one was started although it was not to be", name)
		}
		if report, err := r.Show(t.Context(), localapi.ShowRequest{Display: ":1"}); err != nil || report.Raised {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		if len(started) != 1 {
			t.Errorf("%s: %d windows were started", name, len(started))
		}
	}
}

func TestWindowThatBeginsToWatchHearsThatItIsAwaited(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	answered := make(chan localapi.ShowReport, 1)
	go func() {
		report, err := r.Show(r.life.ctx, localapi.ShowRequest{Display: ":1", OnlyOpen: true})
		if err != nil {
			t.Error(err)
		}
		answered <- report
	}()
	for asked := false; !asked; {
		news := r.states.next()
		r.windows.mu.Lock()
		asked = len(r.windows.awaited) > 0
		r.windows.mu.Unlock()
		if !asked {
			<-news
		}
	}
	for e := range r.Watch(t.Context()) {
		if e.Type == localapi.EventShow {
			_ = r.Shown(t.Context(), localapi.ShowRequest{Display: e.Display})
			break
		}
	}
	if !(<-answered).Raised {
		t.Error("nobody has told the window that it is awaited")
	}
}

// A key store's dialog that nobody has answered is opened again by a window, before which
// a person sits, and not by each script that asks how things stand.
func TestWindowThatComesHasTheKeyStoreAskedAgain(t *testing.T) {
	o := newOffice(t)
	o.remembered()

	o.keyStore.TakeNothing(vault.Locked)
	r := o.start()
	r.await(phase(localapi.Blocked))
	before := o.keyStore.Calls()
	for range 3 {
		r.await(phase(localapi.Blocked))
	}
	if n := o.keyStore.Calls() - before; n != 0 {
		t.Errorf("the key store was asked %d times by who only watches", n)
	}
	o.keyStore.Heal()
	if err := r.Shown(t.Context(), localapi.ShowRequest{}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
}
