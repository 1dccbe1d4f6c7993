package ui

import (
	"context"

	"github.com/portico-desktop/portico/app/ui/kit"
	"github.com/portico-desktop/portico/assets"
)

// portalAccent is the accent that the manifest asks for, "" for Portico's own.
// Until the manifest is known it is the one of last time.
func (w *window) portalAccent() string {
	accent := w.memory.Accent
	switch {
	case w.state.Portal != nil:
		accent = w.state.Portal.Accent
	case w.known && w.state.PortalAddress == "":
		accent = "" // there is no portal, or none any more
	}
	if !kit.Branding(accent) {
		return ""
	}
	return accent
}

// applyLook puts the accent and the person's choice of look in force. Another
// theme makes Fyne load its fonts again, so there is none without need.
func (w *window) applyLook() {
	choice := w.chosenLook()
	if w.PreferDark != nil {
		choice = kit.AlwaysLight
		if *w.PreferDark {
			choice = kit.AlwaysDark
		}
	}
	accent := w.portalAccent()
	now, ok := w.app.Settings().Theme().(*kit.Look)
	if ok && w.memory.Accent == accent && now.Choice == choice {
		return
	}
	w.memory.Accent = accent
	w.app.Settings().SetTheme(kit.NewLook(accent, choice))
}

// dark says whether the window is dark now.
func (w *window) dark() bool {
	l, ok := w.app.Settings().Theme().(*kit.Look)
	return ok && l.IsDark(w.app.Settings().ThemeVariant())
}

// logos are the portal's logos, by digest. Pictures come from the portal: they
// are decoded off Fyne's goroutine, and one that cannot be is as good as none.
type logos struct {
	window   *window
	asked    map[string]bool
	pictures map[string]*kit.Logo
	portico  *kit.Logo
}

// get is a logo that is there already; one that is not is asked for.
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
	l.window.call(func(ctx context.Context) error {
		data, err := l.window.Agent.Logo(ctx, digest)
		if err == nil {
			read, err = kit.ReadLogo(data)
		}
		return err
	}, func(err error) {
		if err == nil {
			l.pictures[digest] = read
			l.window.win.Content().Refresh()
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

// brandPicture is the picture that stands for the portal, or the name that
// stands in for it. While no portal is known it is Portico's own mark.
func (w *window) brandPicture() (*kit.Logo, string) {
	portal := w.state.Portal
	if portal == nil || w.kind == kindFirstRun {
		return w.logos.own(), ""
	}
	digest := portal.LogoLight
	if w.dark() && portal.LogoDark != "" {
		digest = portal.LogoDark
	}
	return w.logos.get(digest), portal.Name
}

// chosenLook is the look that counts, and is remembered: until the agent has
// said it, it is the one of last time.
func (w *window) chosenLook() kit.Appearance {
	before := w.memory.Look
	switch w.says(keyTheme) {
	case "system":
		w.memory.Look = kit.FollowSystem
	case "light":
		w.memory.Look = kit.AlwaysLight
	case "dark":
		w.memory.Look = kit.AlwaysDark
	}
	if w.memory.Look != before {
		w.memory.keep(w.Memory, w.win.Canvas().Size())
	}
	return w.memory.Look
}
