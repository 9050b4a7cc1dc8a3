// What every page does with script: clocks that count down by the market's time. Pages work without it.
const root = document.documentElement.dataset
const ahead = Number(root.now) - Date.now()

export function written(left) {
  const seconds = Math.trunc(Math.abs(left) / 1000)
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  const two = (n) => String(n).padStart(2, "0")
  return (left < 0 ? "−" : "") + (h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`)
}

function tick() {
  for (const each of document.querySelectorAll("[data-due]")) {
    const left = Number(each.dataset.due) - Date.now() - ahead
    each.textContent = written(left)
    each.classList.toggle("urgent", left < 30 * 60 * 1000)
  }
}

tick()
setInterval(tick, 1000)
