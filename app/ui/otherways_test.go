package ui

import "testing"

func TestAddressToPasteBeginsLikeThatOfTheSignIn(t *testing.T) {
	for begun, want := range map[string]string{
		"https://login.example/authorize?redirect_uri=http%3A%2F%2F127.0.0.1%3A4321%2F":           "http://127.0.0.1:4321…",
		"https://login.example/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A4321%2Fcb&state=x": "http://localhost:4321…",
		"https://login.example/authorize?request_uri=urn%3Aabc":                                   "http://…",
	} {
		onStage(t, scene{}, func(s *stage) {
			state := waitingState()
			state.Session.SignIn.URL = begun
			s.hear(state)
			otherWays("window.ways.paste")(s)
			if got := s.w.screens.shown.(*waiting).paste.field.PlaceHolder; got != want {
				t.Errorf("%s: %q, want %q", begun, got, want)
			}
		})
	}
}
