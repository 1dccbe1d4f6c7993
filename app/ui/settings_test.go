package ui

import (
	"context"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestAddressOfThePortalCanBeChanged(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.agent.check = func(_ context.Context, address string) (localapi.PortalCheck, error) {
			return localapi.PortalCheck{Address: "https://" + address, Name: "Fabrikam IT"}, nil
		}
		s.hear(signedInState())
		s.tap("Settings")
		s.tap("Change…")
		s.shows(kindFirstRun)
		s.key(fyne.KeyEscape)
		s.shows(kindHome)
		s.reads("Appearance")

		s.tap("Change…")
		field := s.w.screens.shown.(*firstRun).field
		if field.Text != "https://contoso.example" {
			t.Errorf("the field holds %q", field.Text)
		}
		s.hear(signedInState()) // news of the present portal
		s.shows(kindFirstRun)
		test.Type(field, "fabrikam.example")
		s.key(fyne.KeyReturn)
		s.expect("check fabrikam.example", "set https://fabrikam.example")
		s.shows(kindHome)
	})
}
