// The desk by keyboard, and a queue that renews itself when something happened. Links and forms do the work.
const find = (what, where = document) => where.querySelector(what)
const lines = () => [...document.querySelectorAll("[data-queue] a")]
const typing = (target) => target.matches("input:not([type=radio]),textarea,select")

function step(by) {
  const all = lines()
  const here = all.findIndex((each) => each.hasAttribute("aria-current"))
  const next = here < 0 ? 0 : here + by
  if (all[next]) location.assign(all[next].href)
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "Escape") return document.activeElement.blur()
  if (typing(event.target)) return
  if (event.key === "j") step(1)
  else if (event.key === "k") step(-1)
  else if (event.key === "/") {
    event.preventDefault()
    find("#q")?.focus()
  } else {
    const choice = find(`.opt:has(kbd) input[data-key="${CSS.escape(event.key)}"]`)
    if (!choice) return
    event.preventDefault()
    choice.checked = true
    find("#reason")?.focus()
  }
})

let timer, pause_ms = 1000

// The chain's answer is told as an event at settlement only: until it is there, look again, ever more seldom.
function follow() {
  clearTimeout(timer)
  if (!find("#outcome [data-moving]")) return
  timer = setTimeout(() => renew().catch(follow), pause_ms)
  pause_ms = Math.min(pause_ms * 2, 30_000)
}

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } })
  if (answer.redirected) return
  if (!answer.ok) return follow()
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
  for (const part of ["[data-queue]", "#count", ".chead", "#outcome"]) {
    const old = find(part), made = find(part, fresh)
    if (old && made) old.replaceWith(made)
  }
  follow()
}

follow()

const told = new EventSource("/api/v1/events/stream")
for (const kind of ["case.opened", "case.decided", "case.closed", "contract.recorded"]) told.addEventListener(kind, renew)
