package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestTextOfAnErrorPageIsPasted(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(waitingState())
		if slices.Contains(s.texts(), "The browser shows an error?") {
			t.Error("an error is offered before the browser has stayed away for long")
		}
		state := waitingState()
		state.Session.SignIn.Lingering = true
		s.hear(state)
		s.tap("The browser shows an error?")
		s.reads("Then your sign-in service has refused and will not send you back.")
		s.expect() // the sign-in is not replaced

		s.agent.pasteErr = &localapi.Problem{Code: localapi.NotThisSignIn}
		field := s.w.screens.shown.(*waiting).paste.field
		s.w.win.Canvas().Focus(field)
		test.Type(field, "nonsense")
		s.key(fyne.KeyReturn)
		s.reads("Portico knows no error in this text")
		s.shows(kindWaiting)

		s.agent.pasteErr = nil
		s.w.app.Clipboard().SetContent("error:invalid_request\nerror_description:no")
		field.TypedShortcut(&fyne.ShortcutPaste{Clipboard: s.w.app.Clipboard()})
		s.settle()
		s.tap("Continue")
		s.expect("paste nonsense", "paste error:invalid_request error_description:no")
		if field.Text != "" {
			t.Error("the field keeps what was pasted")
		}
		s.key(fyne.KeyEscape)
		s.reads("Continue in your browser")
	})
}

func TestBrowserThatRunsAsAnotherUserIsAnsweredByPasting(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := waitingState()
		state.Session.SignIn.Pasteable = true
		s.hear(state)
		if slices.Contains(s.texts(), "Was it your browser? Paste its address") {
			t.Error("another user is spoken of before one has come")
		}
		state = waitingState()
		state.Session.SignIn.Pasteable, state.Session.SignIn.Stranger = true, true
		s.hear(state)
		s.reads("A program of another user of this computer came back in place of your browser")
		s.tap("Was it your browser? Paste its address")
		s.reads("Copy the whole address of that page and paste it here.")
		s.expect() // the sign-in is not replaced
	})
}

func TestSignInThatDoesNotFinishSpeaksOfTheKeyStore(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		state := waitingState()
		state.Session.SignIn.Stage = localapi.StageExchanging
		s.hear(state)
		s.reads("We complete your sign-in.")
		state.Session.SignIn = new(localapi.SignIn)
		*state.Session.SignIn = *waitingState().Session.SignIn
		state.Session.SignIn.Stage, state.Session.SignIn.Lingering = localapi.StageExchanging, true
		s.hear(state)
		s.reads("perhaps your key store asks you for a password")
	})
}
