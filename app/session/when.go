package session

import (
	"time"

	"github.com/portico-desktop/portico/app/backoff"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// renewAfter is how often a sign-in in use is confirmed: it may have been ended
	// elsewhere, or lapse unused, and must not stay on the screen.
	renewAfter = 8 * time.Hour
	// firstRetry and offlineRetry bound the backoff while offline. With its jitter the
	// last one is never later than five minutes: nobody tells the end of an outage.
	firstRetry   = 4 * time.Second
	offlineRetry = 4 * time.Minute
	// slowRetry is the first wait for somebody to act before another try can succeed, and
	// lastRetry the last one there, and with a provider that finds us asking too often.
	slowRetry = time.Minute
	lastRetry = 15 * time.Minute
	// rareRetry is about how long a sign-in is left alone after the provider has asked to
	// see the person. The kept sign-in stays: the next start tries as well.
	rareRetry = 24 * time.Hour
	// pause is for a provider that finds us asking too often and does not say how long to
	// wait.
	pause = 5 * time.Minute
)

// when is when the session renews or retries by itself. It has no lock of its own: the
// state's mu guards it. Only kick needs none.
type when struct {
	backoff.Plan
	// tried is the time of the last request to the provider, for a renewal or before one.
	tried time.Time
	// unsure: the network has changed, or the computer was asleep, and no answer has
	// come since. See confirm.
	unsure bool
	// kick tells Run of something due earlier than its timer.
	kick chan struct{}
}

func newWhen(now func() time.Time) when {
	return when{Plan: backoff.Plan{Now: now}, kick: make(chan struct{}, 1)}
}

// poke has Run look again when something is due.
func (w *when) poke() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// answered: the provider has renewed the sign-in. It is confirmed again after a while.
func (w *when) answered() {
	w.Worked()
	w.unsure = false
	w.In(renewAfter)
}

// failed plans another try if the problem is worth one without the person.
func (w *when) failed(p *localapi.Problem) {
	w.LeaveFor(askedFor(p))
	switch retryFor(p) {
	case soon:
		last := offlineRetry
		if p.Code == localapi.TooManyTries || p.Code == localapi.ProviderBusy {
			last = lastRetry
		}
		w.Failed(firstRetry, last)
	case slowly:
		w.Failed(slowRetry, lastRetry)
	case rarely:
		w.In(rareRetry)
	}
}

// storeFailed plans the next question to a key store in trouble while somebody is signed
// in. It may be not before somebody looks: every further try could open another dialog.
func (w *when) storeFailed(trouble *vault.Error) {
	if trouble.Kind == vault.Locked || trouble.Kind == vault.Silent {
		w.Stop()
		return
	}
	w.In(lastRetry)
}

// atOnce renews now, but not before the provider wants to be asked again.
func (w *when) atOnce() {
	w.AtOnce()
	w.poke()
}

// by renews by a time, or sooner if already due, and not within lookPause of the last
// try. It does nothing while the provider wants to be left alone.
func (w *when) by(at, now time.Time) {
	if now.Before(w.NotBefore()) {
		return
	}
	if pause := w.tried.Add(lookPause); at.Before(pause) {
		at = pause
	}
	if at.Before(now) {
		at = now
	}
	if w.By(at) {
		w.poke()
	}
}

// askedFor is how long the provider wants to be left alone.
func askedFor(p *localapi.Problem) time.Duration {
	asked, err := time.ParseDuration(p.Params["retry_after"] + "s")
	if err != nil {
		asked = 0
	}
	if p.Code == localapi.TooManyTries {
		asked = max(asked, pause)
	}
	return asked
}
