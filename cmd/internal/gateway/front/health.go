package front

import (
	"context"
	"net/http"
	"time"
)

// Health serves /healthz, /readyz and /metrics, for a port that only operators reach.
func (f *Front) Health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		plain(w, http.StatusOK, "ok\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-f.leaving:
			plain(w, http.StatusServiceUnavailable, "leaving\n")
			return
		default:
		}
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if f.Ready != nil {
			if err := f.Ready(ctx); err != nil {
				f.Log.Warn("not ready", "error", err)
				plain(w, http.StatusServiceUnavailable, "not ready; the log says why\n")
				return
			}
		}
		plain(w, http.StatusOK, "ready\n")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		f.Metrics.WriteTo(w)
	})
	return mux
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(text))
}
