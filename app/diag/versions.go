package diag

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/portico-desktop/portico/assets"
)

// versions says what runs here and where it lies, in English, for support.
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

// revision is the commit that this program was built from, where that is known.
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
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintf(b, "Where the programs are is not known: %v\n", err)
		return
	}
	dir := filepath.Dir(self)
	fmt.Fprintf(b, "Programs in %s\n", dir)
	for _, name := range []string{"portico", "portico-agent", "porticoctl"} {
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			fmt.Fprintf(b, "  %-18s not there\n", name)
			continue
		}
		fmt.Fprintf(b, "  %-18s %9d bytes, of %s\n", name, info.Size(), info.ModTime().In(zone).Format("2006-01-02 15:04"))
	}
}
