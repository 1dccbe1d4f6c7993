package ui

import (
	"context"

	"fyne.io/fyne/v2"

	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/assets"
)

// looks is the look of the window: light or dark, and the accent. It remembers both for
// the next start.
type looks struct {
	params   *Params
	agent    *agent
	settings *settings
	app      fyne.App
	size     func() fyne.Size // of the window, to be remembered with the look

	memory memory
	kept   bool // the size has been kept for the next start
	logos  logos
}

// portalAccent is the accent in the manifest, "" for Portico's own. Until the manifest is
// known it is the one of last time.
func (l *looks) portalAccent() string {
	accent := l.memory.Accent
	switch {
	case l.agent.state.Portal != nil:
		accent = l.agent.state.Portal.Accent
	case l.agent.known && l.agent.state.PortalAddress == "":
		accent = "" // there is no portal, or none any more
	}
	if !kit.Branding(accent) {
		return ""
	}
	return accent
}

// apply puts the accent and the person's choice of look in force. Another
// theme makes Fyne load its fonts again, so there is none without need.
func (l *looks) apply() {
	choice := l.chosen()
	if l.params.PreferDark != nil {
		choice = kit.AlwaysLight
		if *l.params.PreferDark {
			choice = kit.AlwaysDark
		}
	}
	accent := l.portalAccent()
	now, ok := l.app.Settings().Theme().(*kit.Look)
	if ok && l.memory.Accent == accent && now.Choice == choice {
		return
	}
	l.memory.Accent = accent
	l.app.Settings().SetTheme(kit.NewLook(accent, choice))
}

// dark says whether the window is dark now.
func (l *looks) dark() bool {
	now, ok := l.app.Settings().Theme().(*kit.Look)
	return ok && now.IsDark(l.app.Settings().ThemeVariant())
}

// logos are the portal's logos, by digest. Pictures come from the portal: they are
// decoded off Fyne's goroutine, and an unreadable one is as good as none.
type logos struct {
	agent    *agent
	jobs     *jobs
	arrived  func() // one can be shown
	asked    map[string]bool
	pictures map[string]*kit.Logo
	portico  *kit.Logo
}

// get is a logo already there; a missing one is asked for.
func (l *logos) get(digest string) *kit.Logo {
	if digest == "" || l.pictures[digest] != nil {
		return l.pictures[digest]
	}
	if l.asked[digest] {
		return nil
	}
	if l.asked == nil {
		l.asked, l.pictures = make(map[string]bool), make(map[string]*kit.Logo)
	}
	l.asked[digest] = true
	var read *kit.Logo
	l.jobs.call(func(ctx context.Context) error {
		data, err := l.agent.api.Logo(ctx, digest)
		if err == nil {
			read, err = kit.ReadLogo(data)
		}
		return err
	}, func(err error) {
		if err == nil {
			l.pictures[digest] = read
			l.arrived()
		}
	})
	return nil
}

// own is Portico's own mark.
func (l *logos) own() *kit.Logo {
	if l.portico == nil {
		l.portico, _ = kit.ReadLogo(assets.LogoSVG) // a test holds that it can be read
	}
	return l.portico
}

// brandPicture is the sign of the portal: its picture, or its name without one. While no
// portal is known it is Portico's own mark.
func (w *window) brandPicture() (*kit.Logo, string) {
	portal := w.agent.state.Portal
	if portal == nil || w.screens.kind == kindFirstRun {
		return w.looks.logos.own(), ""
	}
	digest := portal.LogoLight
	if w.looks.dark() && portal.LogoDark != "" {
		digest = portal.LogoDark
	}
	return w.looks.logos.get(digest), portal.Name
}

// chosen is the look in force, and is remembered: until the agent has answered, it is the
// one of last time.
func (l *looks) chosen() kit.Appearance {
	before := l.memory.Look
	switch l.settings.says(keyTheme) {
	case "system":
		l.memory.Look = kit.FollowSystem
	case "light":
		l.memory.Look = kit.AlwaysLight
	case "dark":
		l.memory.Look = kit.AlwaysDark
	}
	if l.memory.Look != before {
		l.memory.keep(l.params.Memory, l.size())
	}
	return l.memory.Look
}
