package diag

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/assets"
)

// versions names everything that runs here and its place, in English, for support.
func versions(p BundleParams) string {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("Portico", "%s%s", assets.Version, revision())
	row("Go", "%s, %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	row("System", "%s", systemName())
	if kernel := kernelVersion(); kernel != "" {
		row("Kernel", "%s", kernel)
	}
	if runtime.GOOS == "linux" {
		row("Desktop", "%s, session %s", cmp.Or(forDisplay(p.Env("XDG_CURRENT_DESKTOP")), "none"), cmp.Or(forDisplay(p.Env("XDG_SESSION_TYPE")), "none"))
	}
	row("Language", "%s", p.Words.Language())
	if p.State != nil {
		row("Gathered", "by portico-agent")
	} else {
		row("Gathered", "by another program: portico-agent does not run, or does not answer")
	}
	b.WriteByte('\n')
	programs(&b, p.Now.Location())
	b.WriteByte('\n')
	row("settings", "%s", p.Paths.Data)
	row("cache", "%s", p.Paths.Cache)
	row("logs", "%s", cmp.Or(p.LogDir, "none"))
	row("socket", "%s", p.Paths.Runtime)
	return b.String()
}

// revision is the commit of this program's build, if known.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return " (" + setting.Value[:12] + ")"
		}
	}
	return ""
}

// programs lists Portico's programs beside this one.
func programs(b *strings.Builder, zone *time.Location) {
	fmt.Fprintln(b, "Programs")
	for _, name := range []string{"portico", "portico-agent", "porticoctl"} {
		path, err := desktop.Neighbour(name)
		if err != nil {
			fmt.Fprintf(b, "  where they are is not known: %v\n", err)
			return
		}
		info, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(b, "  %s is not there\n", path)
			continue
		}
		fmt.Fprintf(b, "  %s, %d bytes, of %s\n", path, info.Size(), info.ModTime().In(zone).Format("2006-01-02 15:04"))
	}
}
