package vault

import (
	"context"
	"errors"
	"testing"
	"time"
)

// The service is a stand-in: a real one's prompt needs somebody at a keyboard.
func TestSetUpMakesTheDefaultCollection(t *testing.T) {
	for name, test := range map[string]struct {
		prompt func(*fakeService)
		want   Kind
	}{
		"agreed":                       {func(s *fakeService) { s.noise(); s.makeCollection(); s.complete(false) }, 0},
		"without a prompt":             {nil, 0},
		"dismissed":                    {func(s *fakeService) { s.complete(true) }, NotSetUp},
		"agreed, and nothing was made": {func(s *fakeService) { s.complete(false) }, NotSetUp},
		"the service goes":             {func(s *fakeService) { s.leave() }, Missing},
	} {
		t.Run(name, func(t *testing.T) {
			s := startFake(t, startBus(t), fakeParams{prompt: test.prompt})
			v := systemVault(ample)
			_, err := v.Get(t.Context(), "work")
			if asked, _ := s.request(); KindOf(err) != NotSetUp || asked != 0 {
				t.Fatalf("before: %v, asked %d times", err, asked)
			}
			err = v.SetUp(t.Context())
			if _, label := s.request(); KindOf(err) != test.want || (test.want == 0) != (err == nil) || label != collectionLabel {
				t.Errorf("SetUp: %v; label %q", err, label)
			}
			if _, err := v.Get(t.Context(), "work"); test.want == 0 && !errors.Is(err, ErrNotFound) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestSetUpLeavesAloneWhatIsSetUp(t *testing.T) {
	s := startFake(t, startBus(t), fakeParams{collection: loginCollection})
	err := systemVault(ample).SetUp(t.Context())
	if asked, _ := s.request(); err != nil || asked != 0 {
		t.Errorf("a service with a collection: %v, asked %d times", err, asked)
	}
	if err := inFiles(t.TempDir()).SetUp(t.Context()); err != nil {
		t.Errorf("files: %v", err)
	}
}

// Others go on while the prompt is open, a second one is not opened, and it is taken
// away from whoever has gone.
func TestSetUpThatNobodyAnswers(t *testing.T) {
	prompted := make(chan *fakeService, 1)
	s := startFake(t, startBus(t), fakeParams{prompt: func(s *fakeService) { prompted <- s }})
	v := systemVault(ample)
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.SetUp(ctx) }()
	<-prompted
	if err := v.SetUp(t.Context()); KindOf(err) != Locked {
		t.Errorf("a second one: %v", err)
	}
	if _, err := v.Get(t.Context(), "work"); KindOf(err) != NotSetUp {
		t.Errorf("meanwhile: %v", err)
	}
	leave()
	if err := <-ended; KindOf(err) != NotSetUp {
		t.Errorf("left alone: %v", err)
	}
	select {
	case <-s.taken:
	case <-time.After(ample):
		t.Error("the prompt is still there")
	}
	if asked, _ := s.request(); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}
