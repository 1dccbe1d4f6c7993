package session

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Where every code leaves a person whose sign-in is kept, and what makes Portico
// try again by itself. A code that is not here waits for the person.
func TestEveryCodeHasItsPlace(t *testing.T) {
	type place struct {
		phase localapi.Phase
		retry retry
	}
	want := map[localapi.Code]place{
		localapi.ProviderUnreachable: {localapi.Offline, soon},
		localapi.ProviderBusy:        {localapi.Offline, soon},
		localapi.ProviderFailing:     {localapi.Offline, soon},
		localapi.TooManyTries:        {localapi.Offline, soon},
		localapi.NameNotFound:        {localapi.Offline, soon},
		localapi.ProxyWantsPassword:  {localapi.Offline, soon},
		localapi.ProxyLogOn:          {localapi.Offline, soon},
		localapi.ProxyWeaker:         {localapi.Offline, soon},
		localapi.ProxyUnreachable:    {localapi.Offline, soon},
		localapi.NetworkSignIn:       {localapi.Offline, soon},
		localapi.QueueTooLong:        {localapi.Offline, soon},
		localapi.PortalUnreachable:   {localapi.Offline, soon},
		localapi.PortalFailing:       {localapi.Offline, soon},
		localapi.NoNetwork:           {localapi.Offline, soon},
		localapi.ProxyScript:         {localapi.Offline, soon},
		localapi.PostQuantumBlocked:  {localapi.Offline, soon},
		localapi.CertificateUnknown:  {localapi.Offline, soon},
		localapi.CertificateExpired:  {localapi.Offline, soon},
		localapi.CertificateName:     {localapi.Offline, soon},

		localapi.ClockWrong:       {localapi.Blocked, slowly},
		localapi.ConsentNeeded:    {localapi.Blocked, slowly},
		localapi.ConsentRequested: {localapi.Blocked, slowly},
		localapi.KeyStoreMissing:  {localapi.Blocked, slowly},
		localapi.KeyStoreNotSetUp: {localapi.Blocked, slowly},
		localapi.KeyStoreFull:     {localapi.Blocked, slowly},
		localapi.KeyStoreFailing:  {localapi.Blocked, slowly},

		localapi.BlockedByPolicy:  {localapi.Blocked, elsewhere},
		localapi.DeviceNotManaged: {localapi.Blocked, elsewhere},
		localapi.TenantRestricted: {localapi.Blocked, elsewhere},
		localapi.Refused:          {localapi.Blocked, elsewhere},
		localapi.Untrusted:        {localapi.Blocked, elsewhere},
		localapi.NotAProvider:     {localapi.Blocked, elsewhere},

		localapi.SignInNeeded:      {localapi.NeedsSignIn, rarely},
		localapi.SignInExpired:     {localapi.NeedsSignIn, rarely},
		localapi.SignInLapsed:      {localapi.NeedsSignIn, rarely},
		localapi.SignInRevoked:     {localapi.NeedsSignIn, rarely},
		localapi.SignInAgain:       {localapi.NeedsSignIn, rarely},
		localapi.SignInFrequency:   {localapi.NeedsSignIn, rarely},
		localapi.SignInInterrupted: {localapi.NeedsSignIn, rarely},
		localapi.SignInOver:        {localapi.NeedsSignIn, rarely},
		localapi.SignInChanged:     {localapi.NeedsSignIn, rarely},
		localapi.SignInNotSaved:    {localapi.NeedsSignIn, rarely},
		localapi.SecondFactor:      {localapi.NeedsSignIn, rarely},
		localapi.PasswordExpired:   {localapi.NeedsSignIn, rarely},
		localapi.ConsentByPerson:   {localapi.NeedsSignIn, rarely},

		localapi.SignOutUntold: {localapi.Offline, soon},

		localapi.Cancelled:   {localapi.SignedOut, never},
		localapi.Interrupted: {localapi.SignedOut, never},
		localapi.TookTooLong: {localapi.SignedOut, never},
		localapi.TimedOut:    {localapi.SignedOut, never},
		localapi.Declined:    {localapi.SignedOut, never},
	}
	for code := range localapi.Codes() {
		expected, named := want[code]
		if !named {
			expected = place{localapi.Blocked, never}
		}
		p := &localapi.Problem{Code: code}
		if got := (place{phaseFor(p), retryFor(p)}); got != expected {
			t.Errorf("%s: %+v, want %+v", code, got, expected)
		}
	}
}

// atRest is a session whose clock a test holds, as it stands after a renewal of a
// remembered sign-in has failed.
func atRest(t *testing.T, p *localapi.Problem) (*Session, *time.Time) {
	t.Helper()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	s := New(Params{Now: func() time.Time { return now }})
	s.state.who.become(auth.Account{ID: "ada"}, nil, true)
	s.state.where.set(phaseFor(p), p)
	return s, &now
}

func TestRetriesAreAsPatientAsTheProblemWants(t *testing.T) {
	tests := map[string]struct {
		problem     localapi.Problem
		least, most time.Duration // 0 for no retry
		last        time.Duration // what the wait gets near to after many failures
	}{
		"unreachable":       {localapi.Problem{Code: localapi.ProviderUnreachable}, 3 * time.Second, 5 * time.Second, 4 * time.Minute},
		"busy":              {localapi.Problem{Code: localapi.ProviderBusy, Params: map[string]string{"retry_after": "120"}}, 2 * time.Minute, 134 * time.Second, 15 * time.Minute},
		"failing":           {localapi.Problem{Code: localapi.ProviderFailing}, 3 * time.Second, 5 * time.Second, 4 * time.Minute},
		"failing, a pause":  {localapi.Problem{Code: localapi.ProviderFailing, Params: map[string]string{"retry_after": "900"}}, 15 * time.Minute, 17 * time.Minute, 15 * time.Minute},
		"busy, unsaid":      {localapi.Problem{Code: localapi.ProviderBusy}, 3 * time.Second, 5 * time.Second, 15 * time.Minute},
		"a portal of Wi-Fi": {localapi.Problem{Code: localapi.NetworkSignIn}, 3 * time.Second, 5 * time.Second, 4 * time.Minute},
		"too many tries":    {localapi.Problem{Code: localapi.TooManyTries}, 5 * time.Minute, 6 * time.Minute, 15 * time.Minute},
		"a wrong clock":     {localapi.Problem{Code: localapi.ClockWrong}, 45 * time.Second, 75 * time.Second, 15 * time.Minute},
		"consent":           {localapi.Problem{Code: localapi.ConsentNeeded}, 45 * time.Second, 75 * time.Second, 15 * time.Minute},
		"a policy":          {localapi.Problem{Code: localapi.BlockedByPolicy}, 0, 0, 0},
		"a missing secret":  {localapi.Problem{Code: localapi.SecretMissing}, 0, 0, 0},
		"an account locked": {localapi.Problem{Code: localapi.AccountLocked}, 0, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, now := atRest(t, &test.problem)
			if test.most == 0 {
				if !s.state.when.Due().IsZero() {
					t.Errorf("tries again in %v", s.state.when.Due().Sub(*now))
				}
				return
			}
			if wait := s.state.when.Due().Sub(*now); wait < test.least || wait > test.most {
				t.Errorf("tries again in %v, want %v to %v", wait, test.least, test.most)
			}
			for range 20 {
				s.state.where.set(s.state.where.phase, &test.problem)
			}
			if wait := s.state.when.Due().Sub(*now); wait < test.last*3/4 || wait > test.last*5/4 {
				t.Errorf("after many failures it tries again in %v, want about %v", wait, test.last)
			}
		})
	}
}

func TestAnotherNetworkIsTriedAtOnceUnlessTheProviderWantsAPause(t *testing.T) {
	tests := map[string]struct {
		problem localapi.Problem
		in      time.Duration // negative for not at all
	}{
		"unreachable":      {localapi.Problem{Code: localapi.ProviderUnreachable}, 0},
		"a wrong clock":    {localapi.Problem{Code: localapi.ClockWrong}, 0},
		"consent":          {localapi.Problem{Code: localapi.ConsentNeeded}, 0},
		"a policy":         {localapi.Problem{Code: localapi.BlockedByPolicy}, 0},
		"busy":             {localapi.Problem{Code: localapi.ProviderBusy, Params: map[string]string{"retry_after": "120"}}, 2 * time.Minute},
		"failing, a pause": {localapi.Problem{Code: localapi.ProviderFailing, Params: map[string]string{"retry_after": "60"}}, time.Minute},
		"too many tries":   {localapi.Problem{Code: localapi.TooManyTries}, 5 * time.Minute},
		"a missing secret": {localapi.Problem{Code: localapi.SecretMissing}, -1},
		"not assigned":     {localapi.Problem{Code: localapi.NotAssigned}, -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, now := atRest(t, &test.problem)
			s.NetworkChanged()
			switch {
			case test.in < 0 && !s.state.when.Due().IsZero():
				t.Errorf("tries in %v", s.state.when.Due().Sub(*now))
			case test.in >= 0 && s.state.when.Due().Sub(*now) != test.in:
				t.Errorf("tries in %v, want %v", s.state.when.Due().Sub(*now), test.in)
			}
			if test.in <= 0 {
				return
			}
			*now = now.Add(test.in)
			s.NetworkChanged()
			if !s.state.when.Due().Equal(*now) {
				t.Errorf("after the pause it tries in %v", s.state.when.Due().Sub(*now))
			}
		})
	}
}

func TestRenewalThatASleepingComputerMissedIsCaughtUp(t *testing.T) {
	s, now := atRest(t, &localapi.Problem{Code: localapi.ProviderUnreachable})
	s.state.where.set(localapi.SignedIn, nil)
	s.NetworkChanged()
	if wait := s.state.when.Due().Sub(*now); wait < 5*time.Hour {
		t.Errorf("a network change renews in %v", wait)
	}
	*now = now.Add(24 * time.Hour)
	s.NetworkChanged()
	if !s.state.when.Due().Equal(*now) {
		t.Errorf("due in %v", s.state.when.Due().Sub(*now))
	}
}

// What an attempt leaves behind, by where the session stood and how it ended.
func TestFailedAttemptsReturnToWhereTheSessionStood(t *testing.T) {
	tests := map[string]struct {
		before, ended localapi.Code
		account       bool
		phase         localapi.Phase
		code          localapi.Code
	}{
		"offline, cancelled":                 {localapi.ProviderUnreachable, localapi.Cancelled, true, localapi.Offline, localapi.Cancelled},
		"offline, a wrong registration":      {localapi.ProviderUnreachable, localapi.RedirectNotRegistered, true, localapi.Offline, localapi.RedirectNotRegistered},
		"to sign in, interrupted":            {localapi.SignInExpired, localapi.SignInInterrupted, true, localapi.NeedsSignIn, localapi.SignInInterrupted},
		"to sign in, unreachable":            {localapi.SignInExpired, localapi.ProviderUnreachable, true, localapi.NeedsSignIn, localapi.ProviderUnreachable},
		"to sign in, a policy":               {localapi.SignInExpired, localapi.DeviceNotManaged, true, localapi.Blocked, localapi.DeviceNotManaged},
		"blocked, cancelled":                 {localapi.ConsentNeeded, localapi.Cancelled, true, localapi.Blocked, localapi.ConsentNeeded},
		"blocked, out of time":               {localapi.NotAssigned, localapi.TimedOut, true, localapi.Blocked, localapi.NotAssigned},
		"blocked, unreachable":               {localapi.NotAssigned, localapi.ProviderUnreachable, true, localapi.Blocked, localapi.NotAssigned},
		"blocked, for another reason":        {localapi.NotAssigned, localapi.AccountDisabled, true, localapi.Blocked, localapi.AccountDisabled},
		"no key store, cancelled":            {localapi.KeyStoreLocked, localapi.Cancelled, false, localapi.Blocked, localapi.KeyStoreLocked},
		"an attempt before, cancelled":       {localapi.RedirectNotRegistered, localapi.Cancelled, false, localapi.SignedOut, localapi.Cancelled},
		"nobody, cancelled":                  {localapi.Cancelled, localapi.Cancelled, false, localapi.SignedOut, localapi.Cancelled},
		"nobody, unreachable":                {localapi.Cancelled, localapi.ProviderUnreachable, false, localapi.SignedOut, localapi.ProviderUnreachable},
		"nobody, interrupted":                {localapi.Cancelled, localapi.SignInInterrupted, false, localapi.SignedOut, localapi.SignInInterrupted},
		"nobody, an unknown authority":       {localapi.Cancelled, localapi.CertificateUnknown, false, localapi.SignedOut, localapi.CertificateUnknown},
		"nobody, a policy":                   {localapi.Cancelled, localapi.BlockedByPolicy, false, localapi.Blocked, localapi.BlockedByPolicy},
		"nobody, a secret that nobody set":   {localapi.Cancelled, localapi.SecretMissing, false, localapi.Blocked, localapi.SecretMissing},
		"nobody, the wrong directory":        {localapi.Cancelled, localapi.TenantNotAllowed, false, localapi.Blocked, localapi.TenantNotAllowed},
		"nobody, declined in the browser":    {localapi.Cancelled, localapi.Declined, false, localapi.SignedOut, localapi.Declined},
		"nobody, a provider that is no such": {localapi.Cancelled, localapi.NotAProvider, false, localapi.Blocked, localapi.NotAProvider},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := New(Params{})
			if test.account {
				s.state.who.become(auth.Account{ID: "ada"}, nil, true)
			}
			before := &localapi.Problem{Code: test.before}
			s.state.where.set(phaseFor(before), before)
			due := s.state.when.Due()
			s.state.where.fail(&localapi.Problem{Code: test.ended})
			if s.state.where.phase != test.phase || s.state.where.problem == nil || s.state.where.problem.Code != test.code {
				t.Errorf("%s, %+v; want %s, %s", s.state.where.phase, s.state.where.problem, test.phase, test.code)
			}
			if s.state.where.phase == localapi.Offline && !s.state.when.Due().Equal(due) {
				t.Error("the attempt has changed when the next try is")
			}
		})
	}
}

func TestSilentStartGoesOnAfterAnAttemptThatCameBetween(t *testing.T) {
	s := New(Params{})
	s.state.who.become(auth.Account{ID: "ada"}, nil, true)
	s.state.where.fail(&localapi.Problem{Code: localapi.Cancelled})
	if s.state.where.phase != localapi.Starting || s.state.when.Due().IsZero() || time.Until(s.state.when.Due()) > 0 {
		t.Errorf("%s, due %v", s.state.where.phase, s.state.when.Due())
	}
}

func TestAttemptTakesThePlaceOfAnotherWithoutAnEndInBetween(t *testing.T) {
	d := newDesk(t)
	seen := make(chan localapi.Phase, 64)
	d.watch = func(now localapi.Session) { seen <- now.Phase }
	r := d.start()
	r.await(phase(localapi.SignedOut))
	first, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for len(seen) > 0 {
		<-seen
	}
	second, err := r.SignIn(t.Context(), localapi.SignInRequest{Device: true})
	if err != nil || second.UserCode == "" || second.URL == first.URL {
		t.Fatalf("%+v, %v", second, err)
	}
	third, err := r.SignIn(t.Context(), localapi.SignInRequest{MemoryOnly: true})
	if err != nil || third.UserCode != "" || !third.MemoryOnly {
		t.Fatalf("%+v, %v", third, err)
	}
	for len(seen) > 0 {
		if p := <-seen; p != localapi.SigningIn {
			t.Errorf("in between the session is %s", p)
		}
	}
	d.provider.Fault(authtest.Drop(authtest.DeviceAuthorization))
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Device: true}); code(err) != localapi.ProviderUnreachable {
		t.Errorf("err = %v", err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.Problem.Code != localapi.ProviderUnreachable {
		t.Errorf("session = %+v", now)
	}
}
