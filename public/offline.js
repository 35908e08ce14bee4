// Back in as soon as there is a line again. The address is still that of the page that was wanted.
addEventListener("online", () => {
  document.getElementById("news").textContent = "You are back online. One moment …";
  location.reload();
});
